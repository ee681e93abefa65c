"""A client in another language: only grpcio and the code that grpc_tools.protoc makes of the .proto files.

usage: python-client.py ADDRESS PICTURE...
Prints one JSON document with what the calls answered.
"""

import json
import struct
import sys

import grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from crossres.v1 import common_pb2, embedder_pb2, embedder_pb2_grpc, gallery_index_pb2, gallery_index_pb2_grpc


def main(address, pictures):
    channel = grpc.insecure_channel(address)
    embedder = embedder_pb2_grpc.EmbedderStub(channel)
    index = gallery_index_pb2_grpc.GalleryIndexStub(channel)
    images = [common_pb2.Image(content=open(path, "rb").read()) for path in pictures]

    embedded = embedder.Embed(embedder_pb2.EmbedRequest(image=images[0], faces=common_pb2.FACE_SELECTION_LARGEST), timeout=30)
    face = embedded.faces[0]
    vector = struct.unpack(f"<{face.embedding.dimension}f", face.embedding.values)

    for number, image in enumerate(images):
        index.Enroll(
            gallery_index_pb2.EnrollRequest(
                gallery="galleries/python",
                subject_id=f"subject-{number}",
                faces=[common_pb2.FaceInput(image=image)],
                create_gallery=True,
            ),
            timeout=30,
        )
    match = index.Match(
        gallery_index_pb2.MatchRequest(gallery="galleries/python", probe=[common_pb2.FaceInput(image=images[1])]),
        timeout=30,
    )
    verify = index.Verify(
        gallery_index_pb2.VerifyRequest(
            reference=[common_pb2.FaceInput(image=images[0])],
            probe=[common_pb2.FaceInput(embedding=face.embedding)],
            target=common_pb2.DecisionTarget(score_threshold=0.95),
        ),
        timeout=30,
    )
    try:
        index.GetGallery(gallery_index_pb2.GetGalleryRequest(name="galleries/none"), timeout=30)
        status = "OK"
    except grpc.RpcError as error:
        status = error.code().name

    reflection = ProtoReflectionDescriptorDatabase(channel)
    methods = {
        service: [method.name for method in reflection.FindFileContainingSymbol(service).service[0].method]
        for service in reflection.get_services()
        if service.startswith("crossres.")
    }
    print(
        json.dumps(
            {
                "dimension": len(vector),
                "norm": sum(value * value for value in vector) ** 0.5,
                "model_version": embedded.model_version,
                "candidates": [[candidate.subject, candidate.score] for candidate in match.candidates],
                "match_decision": common_pb2.Decision.Name(match.decision),
                "verify_score": verify.score,
                "verify_decision": common_pb2.Decision.Name(verify.decision),
                "missing_gallery": status,
                "methods": methods,
            }
        )
    )


main(sys.argv[1], sys.argv[2:])
