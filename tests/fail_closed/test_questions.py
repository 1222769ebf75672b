"""The table of questions is whole."""

from tests.fail_closed.contract import AUDITED, METHODS
from tests.fail_closed.facts import Facts
from tests.fail_closed.questions import QUESTIONS

FACTS = Facts(read_id="read", alert_id="alert", begin="token")


def test_every_audited_rpc_has_a_question_and_no_other_has() -> None:
    """An RPC that is missing here is one of which nobody has seen that it fails closed: add a question to the table."""
    assert set(QUESTIONS) == set(AUDITED)


def test_a_question_is_of_its_rpc_and_its_caller_may_ask_it() -> None:
    for path, make in QUESTIONS.items():
        question = make(FACTS)
        assert question.caller.roles & AUDITED[path].roles, path
        assert question.caller.person, path
        kinds = {message.DESCRIPTOR.full_name for message in question.messages}
        assert kinds == {METHODS[path].input_type.full_name}, path
        assert question.messages[0].HasField("access"), path
