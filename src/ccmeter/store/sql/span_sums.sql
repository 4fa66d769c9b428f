-- Sums as in slices.sql, between any two moments instead of by day: after the first, up to and
-- with the second. One row per span, owner, terms, UTC day and long-context band.
select
    span,
    owner_id,
    terms_id,
    utc_day,
    case
        when prompt_tokens > :band3 then 3
        when prompt_tokens > :band2 then 2
        when prompt_tokens > :band1 then 1
        else 0
    end as band,
    count(*),
    sum(finished = 0),
    sum(input_tokens),
    sum(output_tokens),
    sum(cache_read_tokens),
    sum(cache_write_5m_tokens),
    sum(cache_write_1h_tokens),
    sum(web_searches)
from (
    select
        spans.key as span,
        responses.*,
        time_ms / 86400000 as utc_day,
        input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens
            as prompt_tokens
    from json_each(:spans) as spans
    cross join responses
    where time_ms > json_extract(spans.value, '$[0]')
        and time_ms <= json_extract(spans.value, '$[1]')
)
group by span, owner_id, terms_id, utc_day, band
