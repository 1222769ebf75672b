from services.common.note import *  # noqa: F403
from services.common.note import _MARK  # noqa: F401
