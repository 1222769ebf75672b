"""A bare gRPC server: python -m bench.echo_server. It prints its port; the first four bytes of a request say how large the
answer is to be. No interceptor, no message types: what is left is what gRPC in Python costs."""

import asyncio

import grpc

SERVICE, METHOD = "bench.Echo", "Answer"
SIZE_BYTES = 4


async def answer(request: bytes, _: object) -> bytes:
    """As many bytes as asked for."""
    return bytes(int.from_bytes(request[:SIZE_BYTES], "big"))


async def main() -> None:
    """Serves until it is killed."""
    server = grpc.aio.server()
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(answer)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
