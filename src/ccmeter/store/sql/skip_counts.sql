-- Lines that could not be metered, by reason.
select reason, count(*) as lines from skips group by reason order by lines desc, reason
