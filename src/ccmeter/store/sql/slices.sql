-- Sums of responses of one local and one UTC day between which no report tells a difference, and
-- which have one price: same session, folder, client and type of agent, same terms of billing, same
-- long-context band. One owner and one of the terms stand for all. Sums only: money is made in
-- reports, where price times sum is exact. Rows are summed up by owner and terms first, so that
-- these are looked up for a few hundred sums and not for every response. Terms and band are one
-- key, for sorting by the keys is most of the work.
with counted as (
    select
        owner_id,
        terms_id,
        case
            when prompt_tokens <= :band1 then 0
            when prompt_tokens <= :band2 then 1
            when prompt_tokens <= :band3 then 2
            else 3
        end as band,
        count(*) as responses,
        sum(finished = 0) as unfinished,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(cache_write_5m_tokens) as cache_write_5m_tokens,
        sum(cache_write_1h_tokens) as cache_write_1h_tokens,
        sum(web_searches) as web_searches
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
    group by owner_id, terms_id * 4 + band
)
select
    min(c.owner_id),
    min(c.terms_id),
    c.band,
    sum(c.responses),
    sum(c.unfinished),
    sum(c.input_tokens),
    sum(c.output_tokens),
    sum(c.cache_read_tokens),
    sum(c.cache_write_5m_tokens),
    sum(c.cache_write_1h_tokens),
    sum(c.web_searches)
from counted as c
join owners as o on o.id = c.owner_id
left join agents as a on a.id = o.agent_id
join terms as t on t.id = c.terms_id
group by
    o.root_id, o.session_id, o.agent_id = 0, a.type, o.project_id, o.client_id,
    t.model_id, t.requested_model, t.speed, t.geo, t.service_tier,
    c.band
