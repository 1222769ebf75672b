from services.common.receipt import *  # noqa: F403
