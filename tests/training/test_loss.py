# ruff: noqa: E402 - what needs torch is imported only where torch is
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.model_families.qwen_vl import FAMILY
from journeyman.training.config import TrainingConfig
from journeyman.training.initial import prepare_for_training
from journeyman.training.loss import TokenLoss
from tests.training.toy_conversations import problems


@pytest.fixture(scope="module")
def toys():
    return problems(8, seed=0)


@pytest.fixture(scope="module")
def trainee(toys):
    torch.set_num_threads(1)
    model, processor = FAMILY.build_tiny([m.text for p in toys for m in p.messages], 0)
    model = prepare_for_training(model, TrainingConfig(), FAMILY)
    encoded = [
        FAMILY.encode(
            p.messages, p.media, processor, add_generation_prompt=False, max_pixels=112 * 112, min_pixels=56 * 56
        )
        for p in toys
    ]
    return TokenLoss(model).eval(), processor, encoded


def loss_and_gradient(trainee, rows, *, prefix=0):
    module, processor, _ = trainee
    loss = module(FAMILY.collate(rows, processor, prefix=prefix))
    name = "model.model.language_model.layers.0.self_attn.k_proj.weight"
    return loss.item(), torch.autograd.grad(loss, module.get_parameter(name))[0]


def test_conversations_packed_in_one_row_have_the_loss_they_have_alone(trainee):
    _, _, encoded = trainee
    alone = [loss_and_gradient(trainee, [[e]]) for e in encoded]
    packed, gradient = loss_and_gradient(trainee, [encoded[:5], encoded[5:]])
    assert packed == pytest.approx(sum(loss for loss, _ in alone), rel=1e-5)
    assert torch.allclose(gradient, sum(g for _, g in alone), atol=1e-3, rtol=1e-3)


def test_a_shared_prefix_changes_neither_loss_nor_gradient(trainee):
    _, processor, encoded = trainee
    rows = [[e] for e in encoded]
    prefix = FAMILY.common_prefix(encoded, processor)
    assert prefix > 100
    plain, plain_gradient = loss_and_gradient(trainee, rows)
    shared, shared_gradient = loss_and_gradient(trainee, rows, prefix=prefix)
    assert shared == pytest.approx(plain, rel=1e-5)
    assert torch.allclose(shared_gradient, plain_gradient, atol=1e-3, rtol=1e-3)


def test_a_batch_without_pictures_still_reaches_every_parameter(trainee):
    module, processor, encoded = trainee
    loss = module(FAMILY.collate([[e] for e in encoded if not len(e.grids)], processor))
    module.zero_grad()
    loss.backward()
    assert [name for name, p in module.named_parameters() if p.grad is None] == []
    module.zero_grad()
