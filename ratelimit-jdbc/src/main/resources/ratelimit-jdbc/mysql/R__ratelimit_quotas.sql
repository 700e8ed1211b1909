-- A quota in one of its periods. What is left is the amount in the tier + granted - taken.
create table if not exists ratelimit_quota (
  meter             binary(32)   not null, -- SHA-256 of the names below and of the period
  period_start      datetime(6)  not null, -- all times are UTC
  period_end        datetime(6)  not null,
  taken             bigint       not null, -- units charged, and units that machines hold on lease
  granted           bigint       not null, -- units beyond the amount, until the period ends
  organization_hash binary(32)   not null, -- SHA-256 of the organization
  member_hash       binary(32),            -- SHA-256 of the organization and the member
  organization_name varchar(256) not null, -- the names are for people, and cut at 256 characters
  account_name      varchar(256) not null,
  member_kind       varchar(256),          -- null if the quota is the organization's own
  member_name       varchar(256),
  limit_table       varchar(256) not null,
  scope_kind        varchar(16)  not null, -- endpoint or group
  scope_name        varchar(256) not null,
  unit_name         varchar(256) not null,
  period_name       varchar(256) not null,
  primary key (meter, period_start),
  key ratelimit_quota_organization (organization_hash),
  key ratelimit_quota_end (period_end)
) engine = InnoDB, character set utf8mb4, collate utf8mb4_bin;

-- Units of a quota that a machine holds.
create table if not exists ratelimit_lease (
  id                binary(16)   not null,
  meter             binary(32)   not null,
  period_start      datetime(6)  not null,
  machine           varchar(64),           -- null in a receipt: its units went back or were charged
  units             bigint       not null,
  used              bigint       not null, -- as the machine told last
  seen_at           datetime(6)  not null, -- when the machine told last
  primary key (id),
  key ratelimit_lease_meter (meter, period_start),
  key ratelimit_lease_machine (machine)
) engine = InnoDB, character set utf8mb4, collate utf8mb4_bin;

-- The machines, and when each was last heard of.
create table if not exists ratelimit_machine (
  machine           varchar(64)  not null,
  seen_at           datetime(6)  not null,
  primary key (machine)
) engine = InnoDB, character set utf8mb4, collate utf8mb4_bin;
