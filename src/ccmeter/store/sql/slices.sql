-- Sums of responses that have one owner, one local and one UTC day, and one price: same terms and
-- same long-context band. Sums only: money is made in reports, where price times sum is exact.
select
    owner_id,
    terms_id,
    (time_ms + :shift_ms) / 86400000 as local_day,
    time_ms / 86400000 as utc_day,
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
        *,
        input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens
            as prompt_tokens
    from responses
    where time_ms >= :since_ms and time_ms < :until_ms
        and (
            :sessions is null
            or owner_id in (
                select owners.id
                from json_each(:sessions) as wanted
                join sessions on sessions.session = wanted.value
                join owners on owners.session_id = sessions.id
            )
        )
)
group by owner_id, terms_id, local_day, utc_day, band
