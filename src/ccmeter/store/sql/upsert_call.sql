-- A call inside a response (advisor, compaction): kept only when the line that tells of it is the
-- one that is believed for the response. The trigger responses_family removes it otherwise.
insert into responses (
    key_hash, key, request_id, request_ref, owner_id, owner_rank, terms_id, time_ms, start_ms,
    input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
    web_searches, thinking_tokens, web_fetches, miss_tokens, finished, rank_output, source, offset,
    parent_hash
)
select
    n.key_hash, n.key, p.request_id, p.request_ref, p.owner_id, p.owner_rank, n.terms_id,
    p.time_ms, p.start_ms, n.input_tokens, n.output_tokens, n.cache_read_tokens,
    n.cache_write_5m_tokens, n.cache_write_1h_tokens, n.web_searches, 0, 0, 0, n.finished,
    n.rank_output, n.source, n.offset, n.parent_hash
from (
    select
        ? as source, ? as owner_id, ? as terms_id, ? as key_hash, ? as key, ? as request_id,
        ? as request_ref, ? as owner_rank, ? as time_ms, ? as start_ms, ? as input_tokens,
        ? as output_tokens, ? as cache_read_tokens, ? as cache_write_5m_tokens,
        ? as cache_write_1h_tokens, ? as web_searches, ? as thinking_tokens, ? as web_fetches,
        ? as miss_tokens, ? as finished, ? as rank_output, ? as offset,
        ? as parent_hash
) as n
join responses as p
    on p.key_hash = n.parent_hash and p.source = n.source and p.offset = n.offset
        and p.finished = n.finished and p.rank_output = n.rank_output
where true
on conflict (key_hash) do update set
    owner_id = excluded.owner_id,
    owner_rank = excluded.owner_rank,
    time_ms = excluded.time_ms,
    start_ms = excluded.start_ms,
    terms_id = excluded.terms_id,
    input_tokens = excluded.input_tokens,
    output_tokens = excluded.output_tokens,
    cache_read_tokens = excluded.cache_read_tokens,
    cache_write_5m_tokens = excluded.cache_write_5m_tokens,
    cache_write_1h_tokens = excluded.cache_write_1h_tokens,
    web_searches = excluded.web_searches,
    finished = excluded.finished,
    rank_output = excluded.rank_output,
    source = excluded.source,
    offset = excluded.offset
where (
        excluded.owner_id, excluded.owner_rank, excluded.time_ms, excluded.start_ms,
        excluded.terms_id, excluded.input_tokens, excluded.output_tokens,
        excluded.cache_read_tokens, excluded.cache_write_5m_tokens,
        excluded.cache_write_1h_tokens, excluded.web_searches, excluded.finished,
        excluded.rank_output, excluded.source, excluded.offset
    ) is not (
        responses.owner_id, responses.owner_rank, responses.time_ms, responses.start_ms,
        responses.terms_id, responses.input_tokens, responses.output_tokens,
        responses.cache_read_tokens, responses.cache_write_5m_tokens,
        responses.cache_write_1h_tokens, responses.web_searches, responses.finished,
        responses.rank_output, responses.source, responses.offset
    )
