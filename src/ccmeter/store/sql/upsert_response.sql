-- One response, or one more copy of it. The rule of transcripts/merge.py, across files:
-- usage whole from the line of higher rank, owner and request id from the best-placed copy, time
-- the earliest.
-- Between files a tie falls to the later path, so that no order of reading changes a total.
-- Nothing is written by a copy that tells nothing new.
insert into responses (
    source, owner_id, terms_id, key_hash, key, request_id, request_ref, owner_rank, time_ms,
    start_ms, input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, web_searches, thinking_tokens, web_fetches, miss_tokens, finished,
    rank_output, offset
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (key_hash) do update set
    time_ms = min(time_ms, excluded.time_ms),
    start_ms = min(coalesce(start_ms, excluded.start_ms), coalesce(excluded.start_ms, start_ms)),
    owner_id = iif(excluded.owner_rank < owner_rank, excluded.owner_id, owner_id),
    owner_rank = min(owner_rank, excluded.owner_rank),
    (
        request_id, request_ref, terms_id, input_tokens, output_tokens, cache_read_tokens,
        cache_write_5m_tokens, cache_write_1h_tokens, web_searches, thinking_tokens, web_fetches,
        miss_tokens, finished, rank_output, source, offset
    ) = (
        select
            request_id, request_ref, terms_id, input_tokens, output_tokens, cache_read_tokens,
            cache_write_5m_tokens, cache_write_1h_tokens, web_searches, thinking_tokens,
            web_fetches, miss_tokens, finished, rank_output, source, offset
        from (
            select
                1 as higher,
                iif(
                    excluded.owner_rank > responses.owner_rank,
                    coalesce(responses.request_id, excluded.request_id),
                    coalesce(excluded.request_id, responses.request_id)
                ) as request_id,
                coalesce(excluded.request_ref, responses.request_ref) as request_ref,
                excluded.terms_id, excluded.input_tokens, excluded.output_tokens,
                excluded.cache_read_tokens, excluded.cache_write_5m_tokens,
                excluded.cache_write_1h_tokens, excluded.web_searches, excluded.thinking_tokens,
                excluded.web_fetches, excluded.miss_tokens, excluded.finished,
                excluded.rank_output, excluded.source, excluded.offset
            where (
                excluded.finished, excluded.rank_output,
                (select path from files where id = excluded.source), excluded.offset
            ) > (
                responses.finished, responses.rank_output,
                (select path from files where id = responses.source), responses.offset
            )
            union all
            select
                0,
                iif(
                    excluded.owner_rank < responses.owner_rank,
                    coalesce(excluded.request_id, responses.request_id),
                    coalesce(responses.request_id, excluded.request_id)
                ),
                coalesce(responses.request_ref, excluded.request_ref),
                responses.terms_id, responses.input_tokens, responses.output_tokens,
                responses.cache_read_tokens, responses.cache_write_5m_tokens,
                responses.cache_write_1h_tokens, responses.web_searches,
                responses.thinking_tokens, responses.web_fetches, responses.miss_tokens,
                responses.finished, responses.rank_output, responses.source, responses.offset
        )
        order by higher desc
        limit 1
    )
where (
        excluded.finished, excluded.rank_output,
        (select path from files where id = excluded.source), excluded.offset
    ) > (
        responses.finished, responses.rank_output,
        (select path from files where id = responses.source), responses.offset
    )
    or excluded.time_ms < responses.time_ms
    or excluded.owner_rank < responses.owner_rank
    or excluded.start_ms < coalesce(responses.start_ms, excluded.start_ms + 1)
    or (responses.request_id is null and excluded.request_id is not null)
    or (responses.request_ref is null and excluded.request_ref is not null)
