"""Sections 4 and 5 against torch's own modules, on other devices and in other precisions."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from .engine import section_namespace

PRECISIONS = pytest.mark.parametrize("dtype, tol", [(torch.float32, 1e-5), (torch.float64, 1e-10)])


@pytest.fixture(scope="module")
def four() -> dict:
    return section_namespace("04_attention", "imports", "attention", "causal-mask")


@pytest.fixture(scope="module")
def five() -> dict:
    parts = "imports Head MultiHead fused-heads split-heads layer-norm ffn pre-ln-block Block char-transformer"
    return section_namespace("05_transformer", *parts.split(), "TinyTransformer", "rows", "kv-cache", "count-params")


def normal(*shape: int, dtype: torch.dtype, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


@PRECISIONS
def test_attention_is_torchs(four, dtype, tol) -> None:
    q, k, v = (normal(2, 3, 5, 4, dtype=dtype, seed=seed) for seed in range(3))
    y, weights = four["attention"](q, k, v, four["causal_mask"](5))
    torch.testing.assert_close(y, F.scaled_dot_product_attention(q, k, v, is_causal=True), rtol=0, atol=tol)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 5, dtype=dtype), rtol=0, atol=tol)


@PRECISIONS
@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_layer_norm_is_torchs(five, dtype, tol, scale) -> None:
    x = normal(2, 3, 6, dtype=dtype) * scale
    mine, theirs = five["LayerNorm"](6).to(dtype), nn.LayerNorm(6, dtype=dtype)
    torch.testing.assert_close(mine(x), theirs(x), rtol=0, atol=tol)


@PRECISIONS
def test_the_block_is_torchs_encoder_layer_with_copied_weights(five, dtype, tol) -> None:
    C, H, T = 12, 3, 7
    block = five["Block"](C, H, T).to(dtype)
    layer = nn.TransformerEncoderLayer(C, H, 4 * C, dropout=0.0, batch_first=True, norm_first=True, dtype=dtype)
    with torch.no_grad():
        rows = [getattr(head, kind).weight for kind in ("query", "key", "value") for head in block.sa.heads]
        layer.self_attn.in_proj_weight.copy_(torch.cat(rows))
        layer.self_attn.in_proj_bias.zero_()
        pairs = [(layer.self_attn.out_proj, block.sa.proj), (layer.norm1, block.ln1), (layer.norm2, block.ln2)]
        for theirs, mine in [*pairs, (layer.linear1, block.ffn[0]), (layer.linear2, block.ffn[2])]:
            theirs.load_state_dict(mine.state_dict())
    x = normal(2, T, C, dtype=dtype)
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    torch.testing.assert_close(block(x), layer(x, src_mask=future), rtol=0, atol=tol)
    parts = five["PreLNBlock"](C, block.sa, block.ffn).to(dtype)
    torch.testing.assert_close(parts(x), block(x), rtol=0, atol=tol)


@PRECISIONS
def test_the_cache_gives_the_full_pass(five, dtype, tol) -> None:
    model = five["TinyTransformer"](five["vocab_size"], C=16, T=9, H=4, layers=2).to(dtype).eval()
    idx = torch.randint(five["vocab_size"], (3, 9), generator=torch.Generator().manual_seed(1))
    cache: list = []
    steps = torch.stack([five["cached_step"](model, idx[:, place], cache) for place in range(9)], dim=1)
    torch.testing.assert_close(steps, model(idx), rtol=0, atol=tol)


def models(five) -> list[nn.Module]:
    V = five["vocab_size"]
    return [
        five["TinyTransformer"](V, C=16, T=9, H=4, layers=2),
        five["CharTransformer"](V, 16, 9, 4, 2, five["Block"]),
    ]


def test_models_run_where_they_are_moved_and_come_back_unchanged(five) -> None:
    idx = torch.randint(five["vocab_size"], (2, 6), generator=torch.Generator().manual_seed(2))
    for model in models(five):
        before = model(idx)
        assert copy.deepcopy(model).to("meta")(idx.to("meta")).device.type == "meta"
        model.double()
        assert model(idx).dtype == torch.float64
        torch.testing.assert_close(model.float()(idx), before)
        if torch.cuda.is_available():
            torch.testing.assert_close(model.cuda()(idx.cuda()).cpu(), before, rtol=1e-4, atol=1e-4)


def test_parameters_by_formula(five) -> None:
    for model in models(five):
        counted = sum(p.numel() for p in model.parameters())
        assert five["unique_parameters"](model) == counted
        assert sum(five["parameter_formula"](five["vocab_size"], 16, 9, 2).values()) == counted
    workbook = five["parameter_formula"](20, 64, 16, 1)
    assert sum(workbook.values()) - 2 * 64 == 53396  # the workbook's model has no final LayerNorm


def test_what_section_7_says_of_a_block_before_training(five) -> None:
    """It adds about a fifth of its input; where the embeddings begin at 0.02, some ten times its input."""
    for seed in range(8):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = five["TinyTransformer"](25)
            idx = torch.randint(25, (32, 20))
        with torch.no_grad():
            x = model.token(idx) + model.pos.weight[:20]
            added = [((model.body[0](scale * x) - scale * x).norm() / (scale * x).norm()).item() for scale in (1, 0.02)]
        assert 0.15 < added[0] < 0.25 and 8 < added[1] < 14, (seed, added)
