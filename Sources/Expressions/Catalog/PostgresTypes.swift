extension PostgresCatalog {
    /// Types of `pg_type` built into Postgres: name, OID, category (`!` when preferred in it), element type of an array, and the name
    /// that `format_type` prints.
    static let typeText = """
        bool|16|B!|0|boolean; bytea|17|U|0|bytea; char|18|Z|0|"char"; name|19|S|18|name; int8|20|N|0|bigint;
        int2|21|N|0|smallint; int2vector|22|A|21|int2vector; int4|23|N|0|integer; regproc|24|N|0|regproc;
        text|25|S!|0|text; oid|26|N!|0|oid; tid|27|U|0|tid; xid|28|U|0|xid; cid|29|U|0|cid; oidvector|30|A|26|oidvector;
        json|114|U|0|json; xml|142|U|0|xml; _xml|143|A|142|xml[]; pg_node_tree|194|Z|0|pg_node_tree;
        _json|199|A|114|json[]; _xid8|271|A|5069|xid8[]; point|600|G|701|point; lseg|601|G|600|lseg; path|602|G|0|path;
        box|603|G|600|box; polygon|604|G|0|polygon; line|628|G|701|line; _line|629|A|628|line[]; cidr|650|I|0|cidr;
        _cidr|651|A|650|cidr[]; float4|700|N|0|real; float8|701|N!|0|double precision; circle|718|G|0|circle;
        _circle|719|A|718|circle[]; macaddr8|774|U|0|macaddr8; _macaddr8|775|A|774|macaddr8[]; money|790|N|0|money;
        _money|791|A|790|money[]; macaddr|829|U|0|macaddr; inet|869|I!|0|inet; _bool|1000|A|16|boolean[];
        _bytea|1001|A|17|bytea[]; _char|1002|A|18|"char"[]; _name|1003|A|19|name[]; _int2|1005|A|21|smallint[];
        _int2vector|1006|A|22|int2vector[]; _int4|1007|A|23|integer[]; _regproc|1008|A|24|regproc[];
        _text|1009|A|25|text[]; _tid|1010|A|27|tid[]; _xid|1011|A|28|xid[]; _cid|1012|A|29|cid[];
        _oidvector|1013|A|30|oidvector[]; _bpchar|1014|A|1042|character[]; _varchar|1015|A|1043|character varying[];
        _int8|1016|A|20|bigint[]; _point|1017|A|600|point[]; _lseg|1018|A|601|lseg[]; _path|1019|A|602|path[];
        _box|1020|A|603|box[]; _float4|1021|A|700|real[]; _float8|1022|A|701|double precision[];
        _polygon|1027|A|604|polygon[]; _oid|1028|A|26|oid[]; aclitem|1033|U|0|aclitem; _aclitem|1034|A|1033|aclitem[];
        _macaddr|1040|A|829|macaddr[]; _inet|1041|A|869|inet[]; bpchar|1042|S|0|character;
        varchar|1043|S|0|character varying; date|1082|D|0|date; time|1083|D|0|time without time zone;
        timestamp|1114|D|0|timestamp without time zone; _timestamp|1115|A|1114|timestamp without time zone[];
        _date|1182|A|1082|date[]; _time|1183|A|1083|time without time zone[];
        timestamptz|1184|D!|0|timestamp with time zone; _timestamptz|1185|A|1184|timestamp with time zone[];
        interval|1186|T!|0|interval; _interval|1187|A|1186|interval[]; _numeric|1231|A|1700|numeric[];
        _cstring|1263|A|2275|cstring[]; timetz|1266|D|0|time with time zone; _timetz|1270|A|1266|time with time zone[];
        bit|1560|V|0|bit; _bit|1561|A|1560|bit[]; varbit|1562|V!|0|bit varying; _varbit|1563|A|1562|bit varying[];
        numeric|1700|N|0|numeric; refcursor|1790|U|0|refcursor; _refcursor|2201|A|1790|refcursor[];
        regprocedure|2202|N|0|regprocedure; regoper|2203|N|0|regoper; regoperator|2204|N|0|regoperator;
        regclass|2205|N|0|regclass; regtype|2206|N|0|regtype; _regprocedure|2207|A|2202|regprocedure[];
        _regoper|2208|A|2203|regoper[]; _regoperator|2209|A|2204|regoperator[]; _regclass|2210|A|2205|regclass[];
        _regtype|2211|A|2206|regtype[]; record|2249|P|0|record; any|2276|P|0|"any"; anyarray|2277|P|0|anyarray;
        anyelement|2283|P|0|anyelement; _record|2287|P|2249|record[]; anynonarray|2776|P|0|anynonarray;
        _txid_snapshot|2949|A|2970|txid_snapshot[]; uuid|2950|U|0|uuid; _uuid|2951|A|2950|uuid[];
        txid_snapshot|2970|U|0|txid_snapshot; pg_lsn|3220|U|0|pg_lsn; _pg_lsn|3221|A|3220|pg_lsn[];
        pg_ndistinct|3361|Z|0|pg_ndistinct; pg_dependencies|3402|Z|0|pg_dependencies; anyenum|3500|P|0|anyenum;
        tsvector|3614|U|0|tsvector; tsquery|3615|U|0|tsquery; gtsvector|3642|U|0|gtsvector;
        _tsvector|3643|A|3614|tsvector[]; _gtsvector|3644|A|3642|gtsvector[]; _tsquery|3645|A|3615|tsquery[];
        regconfig|3734|N|0|regconfig; _regconfig|3735|A|3734|regconfig[]; regdictionary|3769|N|0|regdictionary;
        _regdictionary|3770|A|3769|regdictionary[]; jsonb|3802|U|0|jsonb; _jsonb|3807|A|3802|jsonb[];
        anyrange|3831|P|0|anyrange; int4range|3904|R|0|int4range; _int4range|3905|A|3904|int4range[];
        numrange|3906|R|0|numrange; _numrange|3907|A|3906|numrange[]; tsrange|3908|R|0|tsrange;
        _tsrange|3909|A|3908|tsrange[]; tstzrange|3910|R|0|tstzrange; _tstzrange|3911|A|3910|tstzrange[];
        daterange|3912|R|0|daterange; _daterange|3913|A|3912|daterange[]; int8range|3926|R|0|int8range;
        _int8range|3927|A|3926|int8range[]; jsonpath|4072|U|0|jsonpath; _jsonpath|4073|A|4072|jsonpath[];
        regnamespace|4089|N|0|regnamespace; _regnamespace|4090|A|4089|regnamespace[]; regrole|4096|N|0|regrole;
        _regrole|4097|A|4096|regrole[]; regcollation|4191|N|0|regcollation; _regcollation|4192|A|4191|regcollation[];
        int4multirange|4451|R|0|int4multirange; nummultirange|4532|R|0|nummultirange; tsmultirange|4533|R|0|tsmultirange;
        tstzmultirange|4534|R|0|tstzmultirange; datemultirange|4535|R|0|datemultirange;
        int8multirange|4536|R|0|int8multirange; anymultirange|4537|P|0|anymultirange; pg_mcv_list|5017|Z|0|pg_mcv_list;
        pg_snapshot|5038|U|0|pg_snapshot; _pg_snapshot|5039|A|5038|pg_snapshot[]; xid8|5069|U|0|xid8;
        anycompatible|5077|P|0|anycompatible; anycompatiblearray|5078|P|0|anycompatiblearray;
        _int4multirange|6150|A|4451|int4multirange[]; _nummultirange|6151|A|4532|nummultirange[];
        _tsmultirange|6152|A|4533|tsmultirange[]; _tstzmultirange|6153|A|4534|tstzmultirange[];
        _datemultirange|6155|A|4535|datemultirange[]; _int8multirange|6157|A|4536|int8multirange[]
        """
}
