-- Lines that could not be metered, with their place; those of the newest files first.
select files.path, skips.offset, skips.reason
from skips
join files on files.id = skips.source
order by files.mtime_ns desc, files.path, skips.offset desc
limit :limit
