"""The witness on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from services.witness import serving

app = typer.Typer(add_completion=False)


@app.command()
def witness(
    folder: Annotated[
        Path, typer.Option("--folder", help="Its key and what it cosigned; never restored from a backup.")
    ],
    name: Annotated[str, typer.Option("--name", help="Its name for ever, such as witness.coc.example.")],
    logs: Annotated[
        Path, typer.Option("--logs", help="File with the verifier keys of the logs it watches, one a line.")
    ],
    listen: Annotated[str, typer.Option("--listen", help="host:port.")] = "127.0.0.1:7380",
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="Listen beyond loopback: TLS is in front of it.")
    ] = False,
) -> None:
    """Cosigns heads of audit logs that continue what it saw before. For an oversight body, on a machine of its own."""
    serving.run(folder, name, logs, listen, anywhere=anywhere)
