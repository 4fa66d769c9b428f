import pytest

from ccmeter.pricing.book import load_book
from ccmeter.pricing.names import canonical, is_claude, named_fast

WRITTEN = [
    ("claude-opus-4-6", "claude-opus-4-6"),
    ("claude-opus-4-6-20260205", "claude-opus-4-6"),
    ("claude-opus-4-6[1m]", "claude-opus-4-6"),
    ("claude-opus-4-6-fast", "claude-opus-4-6"),
    ("claude-opus-4-6-fast[1m]", "claude-opus-4-6"),
    ("claude-opus-5-latest", "claude-opus-5"),
    ("claude-3-7-sonnet-thinking", "claude-3-7-sonnet"),
    ("claude-3-5-sonnet-20240620", "claude-3-5-sonnet"),
    ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet"),
    ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
    ("global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
    ("eu.anthropic.claude-opus-4-6-v1[1m]", "claude-opus-4-6"),
    ("anthropic.claude-3-haiku-20240307-v1:0:48k", "claude-3-haiku"),
    ("anthropic.claude-fable-5-1", "claude-fable-5-1"),
    ("bedrock/us-gov.anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku"),
    (
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/"
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "claude-haiku-4-5",
    ),
    ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
    ("claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet"),
    ("claude-opus-4-6@default", "claude-opus-4-6"),
    ("vertex_ai/claude-opus-4-6@20260205", "claude-opus-4-6"),
    (
        "projects/some-project/locations/global/publishers/anthropic/models/claude-opus-4-1@20250805",
        "claude-opus-4-1",
    ),
    ("anthropic/claude-opus-4.6", "claude-opus-4-6"),
    ("openrouter/anthropic/claude-3.7-sonnet", "claude-3-7-sonnet"),
    (" Claude-Opus-4.6 ", "claude-opus-4-6"),
    ("claude-sonnet-4-0", "claude-sonnet-4"),
    ("claude-4-sonnet-20250514", "claude-sonnet-4"),
    ("claude-opus-4-0", "claude-opus-4"),
    ("claude-4-opus-20250514", "claude-opus-4"),
]

AS_WRITTEN = [
    "",
    "<synthetic>",
    "glm-5.1",
    "glm-5.1:cloud",
    "MiniMax-M2.7",
    "LongCat-Flash-Thinking",
    "unsloth/Qwen3-Coder-Next",
    "qwen3-latest",
    "gpt-5.5-20260101",
    "grok-code-fast",
    "my-gateway/claude-opus-4-6",  # a gateway's own route may lead to anything
    "opus",
    "claude",
    "claude-v1",
    "claude-v2:1",
    "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/ab12cd34",
]


@pytest.mark.parametrize(("written", "id"), WRITTEN)
def test_every_written_form_of_a_claude_model_has_one_canonical_id(written, id):
    assert canonical(written) == id


@pytest.mark.parametrize("name", AS_WRITTEN)
def test_names_that_are_not_a_claude_models_stay_as_written(name):
    assert canonical(name) == name


def test_canonical_ids_are_their_own_canonical_form():
    for name in load_book().models:
        assert canonical(name) == name


def test_no_two_models_of_the_book_share_a_name():
    names = list(load_book().models)
    forms = {canonical(form) for name in names for form in (name, f"us.anthropic.{name}-v1:0")}
    assert forms == set(names)


@pytest.mark.parametrize(
    ("longer", "shorter"),
    [
        ("claude-fable-5-1", "claude-fable-5"),
        ("claude-opus-5-5", "claude-opus-5"),
        ("claude-sonnet-4-6", "claude-sonnet-4"),
        ("claude-opus-4-1", "claude-opus-4"),
    ],
)
def test_a_longer_name_is_another_model(longer, shorter):
    assert canonical(longer) != canonical(shorter)


def test_an_unknown_claude_name_is_still_a_claude_name():
    assert canonical("us.anthropic.claude-zeta-9-v1:0") == "claude-zeta-9"
    assert is_claude("claude-zeta-9")
    assert not is_claude(canonical("glm-5.1"))


def test_only_a_claude_name_can_ask_for_fast_mode():
    assert named_fast("claude-opus-4-6-fast")
    assert named_fast("anthropic/claude-opus-4.6-fast[1m]")
    assert not named_fast("claude-opus-4-6")
    assert not named_fast("grok-code-fast")
