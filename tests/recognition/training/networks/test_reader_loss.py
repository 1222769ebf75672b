"""What the reader is taught, and what it is not."""

import torch

from services.recognition.alphabet import BLANK, CLASSES, COLUMNS
from services.recognition.training.reader_loss import CLASS_OF, ReaderTruth, reader_loss
from services.recognition.training.render.columns import NOT_SUPERVISED


def truth(text: str = "1ABC234", *, is_readable: bool = True, country: int = 1) -> ReaderTruth:
    return ReaderTruth(
        columns_of(text)[None],
        [text],
        torch.tensor([country]),
        torch.tensor([0]),
        torch.tensor([is_readable]),
    )


def columns_of(text: str) -> torch.Tensor:
    columns = torch.full((COLUMNS,), BLANK, dtype=torch.long)
    for place, character in enumerate(text):
        columns[2 + 5 * place : 4 + 5 * place] = CLASS_OF[character]
    return columns


def answers(text: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    characters = 12.0 * torch.nn.functional.one_hot(columns_of(text), CLASSES).float()[None]
    countries = torch.zeros(1, 28)
    countries[0, 1] = 12.0
    return characters, countries, torch.tensor([[12.0, 0.0]])


def test_the_right_answer_costs_next_to_nothing() -> None:
    assert float(reader_loss(answers("1ABC234"), truth()).total(0.0)) < 0.05


def test_a_wrong_character_costs_in_columns_and_in_text() -> None:
    right, wrong = reader_loss(answers("1ABC234"), truth()), reader_loss(answers("1ABD234"), truth())
    assert float(wrong.column) > float(right.column) + 0.3
    assert float(wrong.ctc) > float(right.ctc) + 0.5


def test_a_plate_fed_in_the_wrong_layout_teaches_its_layout_only() -> None:
    loss = reader_loss(answers("7XYZ987"), truth(is_readable=False))
    assert float(loss.column) == float(loss.ctc) == 0.0
    assert float(loss.layout) < 0.01


def test_columns_without_label_are_left_to_ctc() -> None:
    unlabelled = truth()
    unlabelled.columns.fill_(NOT_SUPERVISED)
    loss = reader_loss(answers("1ABC234"), unlabelled)
    assert float(loss.column) == 0.0
    assert float(loss.ctc) < 0.05


def test_no_plate_is_an_answer_that_is_learned() -> None:
    empty = truth("")
    assert float(reader_loss(answers(""), empty).total(0.0)) < 0.05
    assert float(reader_loss(answers("1ABC234"), empty).ctc) > 1.0
