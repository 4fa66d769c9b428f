-- The responses of a period that have no final line, with the sizes of what their lines show.
-- Grouped in the order of the index of unfinished responses, so that no other is looked at.
select
    owner_id,
    terms_id,
    (time_ms + :shift_ms) / 86400000 as local_day,
    time_ms / 86400000 as utc_day,
    input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens
        as prompt_tokens,
    output_tokens,
    sum(text_bytes),
    sum(input_bytes),
    sum(tool_uses),
    sum(signature_bytes)
from responses
join blocks on blocks.key_hash = responses.key_hash
where finished = 0 and time_ms >= :since_ms and time_ms < :until_ms
group by time_ms, responses.id
