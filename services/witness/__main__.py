"""The witness: python -m services.witness. Its settings are options, since it runs at somebody else's."""

from services.witness.command import app

if __name__ == "__main__":
    app()
