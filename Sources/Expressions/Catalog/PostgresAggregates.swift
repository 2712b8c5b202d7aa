extension PostgresCatalog {
    /// Every version of the aggregate functions that Leftfold knows: parameter types (`-` for none) and result type.
    static let aggregateText = """
        aggregate array_agg
        anynonarray anyarray -; anyarray anyarray -
        aggregate avg
        interval interval -; numeric numeric -; int8 numeric -; int2 numeric -; int4 numeric -; float4 float8 -;
        float8 float8 -
        aggregate count
        - int8 -; any int8 -
        aggregate json_agg
        anyelement json -
        aggregate json_object_agg
        any,any json -
        aggregate jsonb_agg
        anyelement jsonb -
        aggregate jsonb_object_agg
        any,any jsonb -
        aggregate max
        bpchar bpchar -; date date -; time time -; timestamp timestamp -; timestamptz timestamptz -; interval interval -;
        timetz timetz -; numeric numeric -; int8 int8 -; int2 int2 -; anyarray anyarray -; int4 int4 -; text text -;
        oid oid -; tid tid -; pg_lsn pg_lsn -; anyenum anyenum -; xid8 xid8 -; float4 float4 -; float8 float8 -;
        money money -; inet inet -
        aggregate min
        bpchar bpchar -; date date -; time time -; timestamp timestamp -; timestamptz timestamptz -; interval interval -;
        timetz timetz -; numeric numeric -; int8 int8 -; int2 int2 -; anyarray anyarray -; int4 int4 -; text text -;
        oid oid -; tid tid -; pg_lsn pg_lsn -; anyenum anyenum -; xid8 xid8 -; float4 float4 -; float8 float8 -;
        money money -; inet inet -
        aggregate string_agg
        text,text text -; bytea,bytea bytea -
        aggregate sum
        interval interval -; numeric numeric -; int8 numeric -; int2 int8 -; int4 int8 -; float4 float4 -;
        float8 float8 -; money money -
        """
}
