import { startSeaweedFs } from '../../test/fixtures/servers/seaweedfs.js'
import { s3Contract } from './s3.contract.js'

s3Contract('SeaweedFS', startSeaweedFs, { listsByFolder: true })
