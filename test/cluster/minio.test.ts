import { s3Contract } from '../../libs/objects/s3.contract.js'
import { startMinio } from '../fixtures/servers/minio.js'

s3Contract('MinIO', startMinio)
