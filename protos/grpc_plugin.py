"""A protoc plugin that writes the gRPC stubs: grpcio-tools has the generator inside, but no plugin binary that buf could call."""

import sys
import tempfile
from pathlib import Path

from google.protobuf.compiler import plugin_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc


def generate(request: plugin_pb2.CodeGeneratorRequest) -> plugin_pb2.CodeGeneratorResponse:
    """Runs the generator over the descriptors that buf hands in and collects the files it wrote."""
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    with tempfile.TemporaryDirectory() as scratch:
        descriptors, stubs = Path(scratch, "descriptors.binpb"), Path(scratch, "stubs")
        descriptors.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        stubs.mkdir()
        arguments = ["protoc", f"--descriptor_set_in={descriptors}", f"--grpc_python_out={stubs}"]
        if protoc.main(arguments + list(request.file_to_generate)):
            response.error = "the gRPC generator failed; its message is above"
        for stub in sorted(stubs.rglob("*_pb2_grpc.py")):
            response.file.add(name=str(stub.relative_to(stubs)), content=stub.read_text())
    return response


if __name__ == "__main__":
    answer = generate(plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(answer.SerializeToString())
