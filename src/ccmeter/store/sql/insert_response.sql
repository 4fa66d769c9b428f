-- One response that is not stored yet; upsert_response.sql tells copies of it, at twice the cost.
insert into responses (
    source, owner_id, terms_id, key_hash, key, request_id, request_ref, owner_rank, time_ms,
    start_ms, input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, web_searches, thinking_tokens, web_fetches, miss_tokens, finished,
    rank_output, offset
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (key_hash) do nothing
