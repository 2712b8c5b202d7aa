extension PostgresCatalog {
    /// Every operator of `pg_operator` with a name that some view may use: left (`-` for a prefix operator), right and result type,
    /// and the C function behind it. Entries that Leftfold cannot run stay: they decide which operator Postgres would choose.
    static let operatorText = """
        operator !~~
        bpchar text bool textnlike; bytea bytea bool byteanlike; name text bool namenlike; text text bool textnlike
        operator %
        int2 int2 int2 int2mod; int4 int4 int4 int4mod; int8 int8 int8 int8mod; numeric numeric numeric numeric_mod
        operator *
        anymultirange anymultirange anymultirange multirange_intersect; anyrange anyrange anyrange range_intersect;
        box point box box_mul; circle point circle circle_mul_pt; float4 float4 float4 float4mul;
        float4 float8 float8 float48mul; float4 money money flt4_mul_cash; float8 float4 float8 float84mul;
        float8 float8 float8 float8mul; float8 interval interval mul_d_interval; float8 money money flt8_mul_cash;
        int2 int2 int2 int2mul; int2 int4 int4 int24mul; int2 int8 int8 int28mul; int2 money money int2_mul_cash;
        int4 int2 int4 int42mul; int4 int4 int4 int4mul; int4 int8 int8 int48mul; int4 money money int4_mul_cash;
        int8 int2 int8 int82mul; int8 int4 int8 int84mul; int8 int8 int8 int8mul; int8 money money int8_mul_cash;
        interval float8 interval interval_mul; money float4 money cash_mul_flt4; money float8 money cash_mul_flt8;
        money int2 money cash_mul_int2; money int4 money cash_mul_int4; money int8 money cash_mul_int8;
        numeric numeric numeric numeric_mul; path point path path_mul_pt; point point point point_mul
        operator +
        - float4 float4 float4up; - float8 float8 float8up; - int2 int2 int2up; - int4 int4 int4up; - int8 int8 int8up;
        - numeric numeric numeric_uplus; _aclitem aclitem _aclitem aclinsert;
        anymultirange anymultirange anymultirange multirange_union; anyrange anyrange anyrange range_union;
        box point box box_add; circle point circle circle_add_pt; date int4 date date_pli;
        date interval timestamp date_pl_interval; date time timestamp datetime_timestamp;
        date timetz timestamptz datetimetz_timestamptz; float4 float4 float4 float4pl; float4 float8 float8 float48pl;
        float8 float4 float8 float84pl; float8 float8 float8 float8pl; inet int8 inet inetpl; int2 int2 int2 int2pl;
        int2 int4 int4 int24pl; int2 int8 int8 int28pl; int4 date date -; int4 int2 int4 int42pl; int4 int4 int4 int4pl;
        int4 int8 int8 int48pl; int8 inet inet -; int8 int2 int8 int82pl; int8 int4 int8 int84pl; int8 int8 int8 int8pl;
        interval date timestamp -; interval interval interval interval_pl; interval time time -;
        interval timestamp timestamp -; interval timestamptz timestamptz -; interval timetz timetz -;
        money money money cash_pl; numeric numeric numeric numeric_add; numeric pg_lsn pg_lsn -; path path path path_add;
        path point path path_add_pt; pg_lsn numeric pg_lsn pg_lsn_pli; point point point point_add;
        time date timestamp -; time interval time time_pl_interval; timestamp interval timestamp timestamp_pl_interval;
        timestamptz interval timestamptz timestamptz_pl_interval; timetz date timestamptz -;
        timetz interval timetz timetz_pl_interval
        operator -
        - float4 float4 float4um; - float8 float8 float8um; - int2 int2 int2um; - int4 int4 int4um; - int8 int8 int8um;
        - interval interval interval_um; - numeric numeric numeric_uminus; _aclitem aclitem _aclitem aclremove;
        anymultirange anymultirange anymultirange multirange_minus; anyrange anyrange anyrange range_minus;
        box point box box_sub; circle point circle circle_sub_pt; date date int4 date_mi; date int4 date date_mii;
        date interval timestamp date_mi_interval; float4 float4 float4 float4mi; float4 float8 float8 float48mi;
        float8 float4 float8 float84mi; float8 float8 float8 float8mi; inet inet int8 inetmi; inet int8 inet inetmi_int8;
        int2 int2 int2 int2mi; int2 int4 int4 int24mi; int2 int8 int8 int28mi; int4 int2 int4 int42mi;
        int4 int4 int4 int4mi; int4 int8 int8 int48mi; int8 int2 int8 int82mi; int8 int4 int8 int84mi;
        int8 int8 int8 int8mi; interval interval interval interval_mi; jsonb _text jsonb jsonb_delete_array;
        jsonb int4 jsonb jsonb_delete_idx; jsonb text jsonb jsonb_delete; money money money cash_mi;
        numeric numeric numeric numeric_sub; path point path path_sub_pt; pg_lsn numeric pg_lsn pg_lsn_mii;
        pg_lsn pg_lsn numeric pg_lsn_mi; point point point point_sub; time interval time time_mi_interval;
        time time interval time_mi_time; timestamp interval timestamp timestamp_mi_interval;
        timestamp timestamp interval timestamp_mi; timestamptz interval timestamptz timestamptz_mi_interval;
        timestamptz timestamptz interval timestamp_mi; timetz interval timetz timetz_mi_interval
        operator /
        box point box box_div; circle point circle circle_div_pt; float4 float4 float4 float4div;
        float4 float8 float8 float48div; float8 float4 float8 float84div; float8 float8 float8 float8div;
        int2 int2 int2 int2div; int2 int4 int4 int24div; int2 int8 int8 int28div; int4 int2 int4 int42div;
        int4 int4 int4 int4div; int4 int8 int8 int48div; int8 int2 int8 int82div; int8 int4 int8 int84div;
        int8 int8 int8 int8div; interval float8 interval interval_div; money float4 money cash_div_flt4;
        money float8 money cash_div_flt8; money int2 money cash_div_int2; money int4 money cash_div_int4;
        money int8 money cash_div_int8; money money float8 cash_div_cash; numeric numeric numeric numeric_div;
        path point path path_div_pt; point point point point_div
        operator <
        anyarray anyarray bool array_lt; anyenum anyenum bool enum_lt; anymultirange anymultirange bool multirange_lt;
        anyrange anyrange bool range_lt; bit bit bool bitlt; bool bool bool boollt; box box bool box_lt;
        bpchar bpchar bool bpcharlt; bytea bytea bool bytealt; char char bool charlt; circle circle bool circle_lt;
        date date bool date_lt; date timestamp bool date_lt_timestamp; date timestamptz bool date_lt_timestamptz;
        float4 float4 bool float4lt; float4 float8 bool float48lt; float8 float4 bool float84lt;
        float8 float8 bool float8lt; inet inet bool network_lt; int2 int2 bool int2lt; int2 int4 bool int24lt;
        int2 int8 bool int28lt; int4 int2 bool int42lt; int4 int4 bool int4lt; int4 int8 bool int48lt;
        int8 int2 bool int82lt; int8 int4 bool int84lt; int8 int8 bool int8lt; interval interval bool interval_lt;
        jsonb jsonb bool jsonb_lt; lseg lseg bool lseg_lt; macaddr macaddr bool macaddr_lt;
        macaddr8 macaddr8 bool macaddr8_lt; money money bool cash_lt; name name bool namelt; name text bool namelttext;
        numeric numeric bool numeric_lt; oid oid bool oidlt; oidvector oidvector bool oidvectorlt;
        path path bool path_n_lt; pg_lsn pg_lsn bool pg_lsn_lt; record record bool record_lt; text name bool textltname;
        text text bool text_lt; tid tid bool tidlt; time time bool time_lt; timestamp date bool timestamp_lt_date;
        timestamp timestamp bool timestamp_lt; timestamp timestamptz bool timestamp_lt_timestamptz;
        timestamptz date bool timestamptz_lt_date; timestamptz timestamp bool timestamptz_lt_timestamp;
        timestamptz timestamptz bool timestamp_lt; timetz timetz bool timetz_lt; tsquery tsquery bool tsquery_lt;
        tsvector tsvector bool tsvector_lt; uuid uuid bool uuid_lt; varbit varbit bool bitlt; xid8 xid8 bool xid8lt
        operator <=
        anyarray anyarray bool array_le; anyenum anyenum bool enum_le; anymultirange anymultirange bool multirange_le;
        anyrange anyrange bool range_le; bit bit bool bitle; bool bool bool boolle; box box bool box_le;
        bpchar bpchar bool bpcharle; bytea bytea bool byteale; char char bool charle; circle circle bool circle_le;
        date date bool date_le; date timestamp bool date_le_timestamp; date timestamptz bool date_le_timestamptz;
        float4 float4 bool float4le; float4 float8 bool float48le; float8 float4 bool float84le;
        float8 float8 bool float8le; inet inet bool network_le; int2 int2 bool int2le; int2 int4 bool int24le;
        int2 int8 bool int28le; int4 int2 bool int42le; int4 int4 bool int4le; int4 int8 bool int48le;
        int8 int2 bool int82le; int8 int4 bool int84le; int8 int8 bool int8le; interval interval bool interval_le;
        jsonb jsonb bool jsonb_le; lseg lseg bool lseg_le; macaddr macaddr bool macaddr_le;
        macaddr8 macaddr8 bool macaddr8_le; money money bool cash_le; name name bool namele; name text bool nameletext;
        numeric numeric bool numeric_le; oid oid bool oidle; oidvector oidvector bool oidvectorle;
        path path bool path_n_le; pg_lsn pg_lsn bool pg_lsn_le; record record bool record_le; text name bool textlename;
        text text bool text_le; tid tid bool tidle; time time bool time_le; timestamp date bool timestamp_le_date;
        timestamp timestamp bool timestamp_le; timestamp timestamptz bool timestamp_le_timestamptz;
        timestamptz date bool timestamptz_le_date; timestamptz timestamp bool timestamptz_le_timestamp;
        timestamptz timestamptz bool timestamp_le; timetz timetz bool timetz_le; tsquery tsquery bool tsquery_le;
        tsvector tsvector bool tsvector_le; uuid uuid bool uuid_le; varbit varbit bool bitle; xid8 xid8 bool xid8le
        operator <>
        anyarray anyarray bool array_ne; anyenum anyenum bool enum_ne; anymultirange anymultirange bool multirange_ne;
        anyrange anyrange bool range_ne; bit bit bool bitne; bool bool bool boolne; bpchar bpchar bool bpcharne;
        bytea bytea bool byteane; char char bool charne; circle circle bool circle_ne; date date bool date_ne;
        date timestamp bool date_ne_timestamp; date timestamptz bool date_ne_timestamptz; float4 float4 bool float4ne;
        float4 float8 bool float48ne; float8 float4 bool float84ne; float8 float8 bool float8ne;
        inet inet bool network_ne; int2 int2 bool int2ne; int2 int4 bool int24ne; int2 int8 bool int28ne;
        int4 int2 bool int42ne; int4 int4 bool int4ne; int4 int8 bool int48ne; int8 int2 bool int82ne;
        int8 int4 bool int84ne; int8 int8 bool int8ne; interval interval bool interval_ne; jsonb jsonb bool jsonb_ne;
        lseg lseg bool lseg_ne; macaddr macaddr bool macaddr_ne; macaddr8 macaddr8 bool macaddr8_ne;
        money money bool cash_ne; name name bool namene; name text bool namenetext; numeric numeric bool numeric_ne;
        oid oid bool oidne; oidvector oidvector bool oidvectorne; pg_lsn pg_lsn bool pg_lsn_ne;
        point point bool point_ne; record record bool record_ne; text name bool textnename; text text bool textne;
        tid tid bool tidne; time time bool time_ne; timestamp date bool timestamp_ne_date;
        timestamp timestamp bool timestamp_ne; timestamp timestamptz bool timestamp_ne_timestamptz;
        timestamptz date bool timestamptz_ne_date; timestamptz timestamp bool timestamptz_ne_timestamp;
        timestamptz timestamptz bool timestamp_ne; timetz timetz bool timetz_ne; tsquery tsquery bool tsquery_ne;
        tsvector tsvector bool tsvector_ne; uuid uuid bool uuid_ne; varbit varbit bool bitne; xid int4 bool xidneq;
        xid xid bool xidneq; xid8 xid8 bool xid8ne
        operator =
        aclitem aclitem bool aclitem_eq; anyarray anyarray bool array_eq; anyenum anyenum bool enum_eq;
        anymultirange anymultirange bool multirange_eq; anyrange anyrange bool range_eq; bit bit bool biteq;
        bool bool bool booleq; box box bool box_eq; bpchar bpchar bool bpchareq; bytea bytea bool byteaeq;
        char char bool chareq; cid cid bool cideq; circle circle bool circle_eq; date date bool date_eq;
        date timestamp bool date_eq_timestamp; date timestamptz bool date_eq_timestamptz; float4 float4 bool float4eq;
        float4 float8 bool float48eq; float8 float4 bool float84eq; float8 float8 bool float8eq;
        inet inet bool network_eq; int2 int2 bool int2eq; int2 int4 bool int24eq; int2 int8 bool int28eq;
        int4 int2 bool int42eq; int4 int4 bool int4eq; int4 int8 bool int48eq; int8 int2 bool int82eq;
        int8 int4 bool int84eq; int8 int8 bool int8eq; interval interval bool interval_eq; jsonb jsonb bool jsonb_eq;
        line line bool line_eq; lseg lseg bool lseg_eq; macaddr macaddr bool macaddr_eq;
        macaddr8 macaddr8 bool macaddr8_eq; money money bool cash_eq; name name bool nameeq; name text bool nameeqtext;
        numeric numeric bool numeric_eq; oid oid bool oideq; oidvector oidvector bool oidvectoreq;
        path path bool path_n_eq; pg_lsn pg_lsn bool pg_lsn_eq; record record bool record_eq; text name bool texteqname;
        text text bool texteq; tid tid bool tideq; time time bool time_eq; timestamp date bool timestamp_eq_date;
        timestamp timestamp bool timestamp_eq; timestamp timestamptz bool timestamp_eq_timestamptz;
        timestamptz date bool timestamptz_eq_date; timestamptz timestamp bool timestamptz_eq_timestamp;
        timestamptz timestamptz bool timestamp_eq; timetz timetz bool timetz_eq; tsquery tsquery bool tsquery_eq;
        tsvector tsvector bool tsvector_eq; uuid uuid bool uuid_eq; varbit varbit bool biteq; xid int4 bool xideq;
        xid xid bool xideq; xid8 xid8 bool xid8eq
        operator >
        anyarray anyarray bool array_gt; anyenum anyenum bool enum_gt; anymultirange anymultirange bool multirange_gt;
        anyrange anyrange bool range_gt; bit bit bool bitgt; bool bool bool boolgt; box box bool box_gt;
        bpchar bpchar bool bpchargt; bytea bytea bool byteagt; char char bool chargt; circle circle bool circle_gt;
        date date bool date_gt; date timestamp bool date_gt_timestamp; date timestamptz bool date_gt_timestamptz;
        float4 float4 bool float4gt; float4 float8 bool float48gt; float8 float4 bool float84gt;
        float8 float8 bool float8gt; inet inet bool network_gt; int2 int2 bool int2gt; int2 int4 bool int24gt;
        int2 int8 bool int28gt; int4 int2 bool int42gt; int4 int4 bool int4gt; int4 int8 bool int48gt;
        int8 int2 bool int82gt; int8 int4 bool int84gt; int8 int8 bool int8gt; interval interval bool interval_gt;
        jsonb jsonb bool jsonb_gt; lseg lseg bool lseg_gt; macaddr macaddr bool macaddr_gt;
        macaddr8 macaddr8 bool macaddr8_gt; money money bool cash_gt; name name bool namegt; name text bool namegttext;
        numeric numeric bool numeric_gt; oid oid bool oidgt; oidvector oidvector bool oidvectorgt;
        path path bool path_n_gt; pg_lsn pg_lsn bool pg_lsn_gt; record record bool record_gt; text name bool textgtname;
        text text bool text_gt; tid tid bool tidgt; time time bool time_gt; timestamp date bool timestamp_gt_date;
        timestamp timestamp bool timestamp_gt; timestamp timestamptz bool timestamp_gt_timestamptz;
        timestamptz date bool timestamptz_gt_date; timestamptz timestamp bool timestamptz_gt_timestamp;
        timestamptz timestamptz bool timestamp_gt; timetz timetz bool timetz_gt; tsquery tsquery bool tsquery_gt;
        tsvector tsvector bool tsvector_gt; uuid uuid bool uuid_gt; varbit varbit bool bitgt; xid8 xid8 bool xid8gt
        operator >=
        anyarray anyarray bool array_ge; anyenum anyenum bool enum_ge; anymultirange anymultirange bool multirange_ge;
        anyrange anyrange bool range_ge; bit bit bool bitge; bool bool bool boolge; box box bool box_ge;
        bpchar bpchar bool bpcharge; bytea bytea bool byteage; char char bool charge; circle circle bool circle_ge;
        date date bool date_ge; date timestamp bool date_ge_timestamp; date timestamptz bool date_ge_timestamptz;
        float4 float4 bool float4ge; float4 float8 bool float48ge; float8 float4 bool float84ge;
        float8 float8 bool float8ge; inet inet bool network_ge; int2 int2 bool int2ge; int2 int4 bool int24ge;
        int2 int8 bool int28ge; int4 int2 bool int42ge; int4 int4 bool int4ge; int4 int8 bool int48ge;
        int8 int2 bool int82ge; int8 int4 bool int84ge; int8 int8 bool int8ge; interval interval bool interval_ge;
        jsonb jsonb bool jsonb_ge; lseg lseg bool lseg_ge; macaddr macaddr bool macaddr_ge;
        macaddr8 macaddr8 bool macaddr8_ge; money money bool cash_ge; name name bool namege; name text bool namegetext;
        numeric numeric bool numeric_ge; oid oid bool oidge; oidvector oidvector bool oidvectorge;
        path path bool path_n_ge; pg_lsn pg_lsn bool pg_lsn_ge; record record bool record_ge; text name bool textgename;
        text text bool text_ge; tid tid bool tidge; time time bool time_ge; timestamp date bool timestamp_ge_date;
        timestamp timestamp bool timestamp_ge; timestamp timestamptz bool timestamp_ge_timestamptz;
        timestamptz date bool timestamptz_ge_date; timestamptz timestamp bool timestamptz_ge_timestamp;
        timestamptz timestamptz bool timestamp_ge; timetz timetz bool timetz_ge; tsquery tsquery bool tsquery_ge;
        tsvector tsvector bool tsvector_ge; uuid uuid bool uuid_ge; varbit varbit bool bitge; xid8 xid8 bool xid8ge
        operator ||
        anycompatible anycompatiblearray anycompatiblearray array_prepend;
        anycompatiblearray anycompatible anycompatiblearray array_append;
        anycompatiblearray anycompatiblearray anycompatiblearray array_cat; anynonarray text text -;
        bytea bytea bytea byteacat; jsonb jsonb jsonb jsonb_concat; text anynonarray text -; text text text textcat;
        tsquery tsquery tsquery tsquery_or; tsvector tsvector tsvector tsvector_concat; varbit varbit varbit bitcat
        operator ~~
        bpchar text bool textlike; bytea bytea bool bytealike; name text bool namelike; text text bool textlike
        """
}
