"""`python -m services.simulator HOST:PORT [frames]`: one run with the usual settings, for a service without the suite."""

import asyncio
import sys

import grpc

from services.common.errors import Refusal
from services.simulator.command import simulate


def main() -> int:
    """Runs and answers with the exit status: 0 when every frame was acknowledged."""
    if len(sys.argv) not in (2, 3) or not all(word.isdecimal() for word in sys.argv[2:]):
        sys.stderr.write("usage: python -m services.simulator HOST:PORT [FRAMES]\n")
        return 2
    try:
        report = asyncio.run(simulate(sys.argv[1], frames=int((sys.argv[2:] or ["60"])[0])))
    except (Refusal, grpc.aio.AioRpcError) as error:
        sys.stderr.write(f"refused: {error.details() if isinstance(error, grpc.aio.AioRpcError) else error}\n")
        return 1
    sys.stdout.write(f"{report}\n")
    return 0 if report.is_complete else 1


if __name__ == "__main__":
    raise SystemExit(main())
