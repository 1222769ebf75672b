"""Which cells answer for which plate, and that a perfect answer costs next to nothing."""

import numpy as np
import torch

from services.recognition.detection import UNIT
from services.recognition.training.detector_loss import IGNORED, NONE, Cells, Truth, detector_loss
from services.recognition.training.detector_network import STRIDES, DetectorNetwork, cell_centres, decoded

HEIGHT, WIDTH = 192, 320


def quad(left: float, top: float, width: float, height: float) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    return np.array([(left, top), (left + width, top), (left + width, top + height), (left, top + height)], np.float32)


def truth(*quads: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", exactness: float = 1.0) -> Truth:
    return Truth(np.array(quads, np.float32).reshape(-1, 4, 2), np.full(len(quads), exactness, np.float32))


def answers(plate: Truth, logit: float = 8.0) -> tuple[torch.Tensor, torch.Tensor]:
    """What a network would say that knows the one plate: its corners everywhere, its score where it is assigned."""
    assigned = torch.from_numpy(Cells(HEIGHT, WIDTH).assigned(plate))
    outputs, start = [], 0
    for stride in STRIDES:
        centres = cell_centres(HEIGHT, WIDTH, stride)
        offsets = (torch.from_numpy(plate.quads[0])[None] - centres[:, None]) / (stride * UNIT)
        here = assigned[start : start + len(centres)] >= 0
        scores = torch.where(here, logit, -logit)[:, None]
        start += len(centres)
        flat = torch.cat([scores, offsets.reshape(-1, 8)], 1)
        outputs.append(flat.T.reshape(1, 9, HEIGHT // stride, WIDTH // stride))
    return outputs[0], outputs[1]


def test_every_plate_has_cells_at_its_centre() -> None:
    cells = Cells(HEIGHT, WIDTH)
    for width in (10, 14, 30, 60, 120, 190):
        plate = truth(quad(101.3, 77.7, width, width / 4.7))
        assigned = cells.assigned(plate)
        assert (assigned == 0).sum() >= 1
        assert (assigned == 0).sum() <= 24


def test_the_smaller_of_two_plates_keeps_its_cells() -> None:
    large, small = quad(60, 60, 180, 40), quad(140, 75, 16, 5)
    assigned = Cells(HEIGHT, WIDTH).assigned(truth(large, small))
    assert (assigned == 1).any()
    assert (assigned == 0).any()


def test_what_may_or_may_not_be_told_costs_nothing() -> None:
    doubtful = truth(quad(100, 80, 60, 14), exactness=-1.0)
    assigned = Cells(HEIGHT, WIDTH).assigned(doubtful)
    assert set(assigned.tolist()) == {NONE, IGNORED}
    outputs = answers(truth(quad(100, 80, 60, 14)))
    assert float(detector_loss(outputs, [doubtful], Cells(HEIGHT, WIDTH)).score) < 0.01


def test_a_perfect_answer_costs_next_to_nothing_and_a_shifted_one_more() -> None:
    plate, cells = truth(quad(100, 80, 60, 14)), Cells(HEIGHT, WIDTH)
    perfect = detector_loss(answers(plate), [plate], cells)
    shifted = detector_loss(answers(plate), [truth(quad(104, 82, 60, 14))], cells)
    assert float(perfect.total) < 0.05
    assert float(shifted.box) > float(perfect.box) + 0.1
    assert float(shifted.corner) > float(perfect.corner) + 0.01


def test_decoding_gives_the_corners_back() -> None:
    plate = truth(quad(100, 80, 60, 14))
    scores, corners = decoded(answers(plate))
    best = int(scores[0].argmax())
    np.testing.assert_allclose(corners[0, best].numpy(), plate.quads[0], atol=1e-3)


def test_a_picture_without_plates_trains_too() -> None:
    network = DetectorNetwork()
    loss = detector_loss(network(torch.zeros(2, 3, HEIGHT, WIDTH)), [truth(), truth()], Cells(HEIGHT, WIDTH))
    loss.total.backward()
    assert torch.isfinite(loss.total)
