-- The newest responses, the newest first, as the time index delivers them.
select
    responses.key, time_ms, owner_id, terms_id,
    input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, web_searches
from responses
where time_ms >= :since_ms
order by time_ms desc, responses.id desc
limit :limit
