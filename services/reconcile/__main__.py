"""The reconciler: python -m services.reconcile. Its settings are options, since it runs at the overseer's."""

from services.reconcile.command import app

if __name__ == "__main__":
    app()
