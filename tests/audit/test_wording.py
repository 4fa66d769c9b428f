"""Messages are stored apart from their numbers, and read as they were."""

from hypothesis import example, given
from hypothesis import strategies as st

from ccmeter.store.audit_found import with_numbers, without_numbers


@given(st.text(st.characters(exclude_characters="\0")))
@example("nothing to count")
@example("12")
@example("1,234 of 5.6 M tokens; see 2.1.330.")
def test_a_message_taken_apart_is_put_together_again(message: str) -> None:
    assert with_numbers(*without_numbers(message)) == message


def test_messages_that_differ_in_numbers_alone_share_their_wording() -> None:
    one, other = without_numbers("lost 1,200 tokens"), without_numbers("lost 7 tokens")

    assert one[0] == other[0]
    assert (one[1], other[1]) == ("1,200", "7")
