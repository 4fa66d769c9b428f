"""What can be read off a request itself."""

from collections.abc import Callable

import pytest

from ccmeter.cache.steps import Step, is_helper, is_started, provider_of


@pytest.mark.parametrize(
    ("agent", "helper"),
    [
        ("", False),
        ("a6890ef909a9b39be", False),
        ("acompact-9ba7bac396388646", True),
        ("agent-aprompt_suggestion-1f", True),
        ("aside_question-1f", True),
    ],
)
def test_helpers_of_the_client_are_known_by_name(agent: str, helper: bool) -> None:
    assert is_helper(agent) is helper


@pytest.mark.parametrize(
    ("message_id", "provider"),
    [
        ("msg_01AbC", "anthropic"),
        ("msg_bdrk_01AbC", "bedrock"),
        ("msg_vrtx_01AbC", "vertex"),
        ("chatcmpl-1", "gateway"),
        ("", "gateway"),
    ],
)
def test_the_form_of_an_id_tells_who_served_it(message_id: str, provider: str) -> None:
    assert provider_of(message_id) == provider


def test_a_new_process_is_known_by_its_fingerprint_or_its_hooks(step: Callable[..., Step]) -> None:
    assert is_started(step(0, new_process=True))
    assert is_started(step(0, marks=("delta:x", "start:fork")))
    assert not is_started(step(0, marks=("start:compact",)))
