"""The calibrator answers with the size that it is asked for."""

from bench import echo


async def test_an_echo_has_the_sizes_it_was_given() -> None:
    async with echo.running() as server:
        call = server.caller(request_bytes=600, response_bytes=321, metadata=())
        assert len(call.request) == 600
        assert len(await call.method(call.request)) == 321
