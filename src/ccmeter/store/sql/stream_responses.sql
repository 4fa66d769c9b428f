-- Every response of a period, the oldest first, as the index delivers them: nothing is sorted.
select
    responses.key, request_id, time_ms, start_ms, owner_id, terms_id,
    input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, web_searches, thinking_tokens, web_fetches, miss_tokens, finished,
    files.path, responses.offset
from responses
join files on files.id = responses.source
where time_ms >= :since_ms and time_ms < :until_ms
order by time_ms, responses.id
