const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Functions that come with the databases and change no row of any table. */
const HARMLESS_FUNCTIONS = words(`
  abs acos age any_value ascii asin atan atan2 avg bin bit_and bit_count bit_length bit_or bit_xor bool_and bool_or btrim
  cardinality cast cbrt ceil ceiling changes char_length character_length charindex chr clock_timestamp coalesce col_length
  collate concat concat_ws conv convert convert_from convert_to corr cos cot count count_big covar_pop covar_samp crc32
  cume_dist curdate current_database current_date current_schema current_schemas current_setting current_time
  current_timestamp current_user curtime database datalength date date_add date_bin date_format date_part date_sub
  date_trunc dateadd datediff datename datepart datetime datetime2 day dayname dayofmonth dayofweek dayofyear decode degrees
  dense_rank digest distinct div elt encode enum_first enum_last enum_range eomonth every exp export_set extract field
  find_in_set first_value floor format format_type from_base64 from_days from_unixtime gen_random_bytes gen_random_uuid
  generate_series generate_subscripts get_bit get_byte get_format get_lock getdate getutcdate glob greatest group_concat
  grouping hashbytes hashtext hashtextextended hex hour iif if ifnull ilike inet6_aton inet6_ntoa insert inet_aton inet_ntoa initcap
  instr isdate isfinite isjson isnull isnumeric julianday justify_days justify_hours justify_interval lag last_day
  last_insert_id last_insert_rowid last_value lcase lead least left length levenshtein like likelihood likely ln locate log
  log10 log2 lower lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz make_set max md5 median
  microsecond mid min minute mod mode month monthname newid newsequentialid nextval now nth_value ntile nullif num_nonnulls
  num_nulls numnode octet_length oct ord overlay parsename parse_ident patindex percent_rank percentile_cont
  percentile_disc period_add period_diff phraseto_tsquery pi plainto_tsquery position pow power printf quarter querytree
  quote quote_ident quote_literal quote_nullable quotename radians rand random random_bytes randomblob range_agg
  range_merge rank regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy release_lock
  repeat replace replicate reverse right round row_count row_number row_to_json rpad rtrim schema scope_identity sec_to_time
  second session_user set_bit set_byte set_config setseed setval setweight sha1 sha2 sha224 sha256 sha384 sha512 show_limit
  show_trgm sign similarity sin sleep soundex space split_part sqlite_version sqrt starts_with statement_timestamp std
  stddev stddev_pop stddev_samp str str_to_date strcmp strftime string_agg string_escape string_split string_to_array
  string_to_table strip strpos stuff subdate substr substring substring_index subtime sum switchoffset sysdate
  sysdatetime sysdatetimeoffset sysutcdatetime tan text time time_bucket time_format time_to_sec timediff timefromparts
  timeofday timestampadd timestampdiff timezone to_ascii to_base64 to_char to_date to_days to_hex to_json to_jsonb
  to_number to_seconds to_timestamp to_tsquery to_tsvector todatetimeoffset total total_changes transaction_timestamp
  translate trim trunc truncate try_cast try_convert ts_debug ts_headline ts_lexize ts_parse ts_rank ts_rank_cd ts_rewrite
  ts_stat tsvector_to_array txid_current typeof ucase unaccent unhex unicode unistr unixepoch unix_timestamp unlikely
  unnest upper user utc_date utc_time utc_timestamp uuid uuid_generate_v1 uuid_generate_v4 uuid_short uuid_to_bin uuidv4
  uuidv7 bin_to_uuid var_pop var_samp variance version websearch_to_tsquery week weekday weekofyear width_bucket
  word_similarity strict_word_similarity year yearweek zeroblob bm25 highlight snippet
  pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared
  pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared
  pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared pg_backend_pid pg_column_size pg_database_size
  pg_get_serial_sequence pg_indexes_size pg_is_in_recovery pg_notify pg_postmaster_start_time pg_relation_size
  pg_size_pretty pg_sleep pg_sleep_for pg_table_size pg_total_relation_size pg_typeof currval lastval inet_server_addr
  obj_description col_description pg_get_constraintdef pg_get_expr pg_get_indexdef pg_get_userbyid pg_get_viewdef
  pg_table_is_visible to_regclass format_bytes has_table_privilege has_schema_privilege
`);

/** Families of functions that belong to the databases, or to extensions that only compute. */
const HARMLESS_FAMILY = /^(?:json|jsonb|array|regexp|st|isn)_\w+$|^json$|^jsonb$|^_st_\w+$/;

/** Words before "(" that call nothing. */
const NO_FUNCTIONS = words(`
  all alter analyze and any array as asc between by case check columns conflict constraint contains cross cube default desc distinct
  else end except exclude exists explain fetch filter first foreign from full group having ilike in index inner intersect interval
  into is join key last lateral like limit materialized not of offset on only or order out outer over partition primary
  range recursive references respect returning rollup row rows select set sets similar some then to top union unique update
  using vacuum values when where window with within
  bigint binary bit blob bool boolean box bytea char character circle citext date datetime datetime2 datetimeoffset dec decimal
  double enum float geography geometry halfvec inet int integer money nchar ntext number numeric nvarchar point polygon
  precision real signed smallint sparsevec text time timestamp timestamptz timetz tinyint unsigned uuid varbinary varbit
  varchar varchar2 varying vector xml year
`);

/** Whether a bare name before "(" may call something that writes. */
export function mayWrite(name: string): boolean {
  return !NO_FUNCTIONS.has(name) && !HARMLESS_FUNCTIONS.has(name) && !HARMLESS_FAMILY.test(name);
}
