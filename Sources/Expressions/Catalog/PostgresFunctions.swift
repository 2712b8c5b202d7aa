extension PostgresCatalog {
    /// Every function of `pg_proc` with a name that some view may call: parameter types, result type, and the C function behind it
    /// (`-` for one written in SQL).
    static let functionText = """
        function abs
        numeric numeric numeric_abs; int8 int8 int8abs; int2 int2 int2abs; int4 int4 int4abs; float4 float4 float4abs;
        float8 float8 float8abs
        function btrim
        bytea,bytea bytea byteatrim; text text btrim1; text,text text btrim
        function ceil
        numeric numeric numeric_ceil; float8 float8 dceil
        function ceiling
        numeric numeric numeric_ceil; float8 float8 dceil
        function char_length
        bpchar int4 bpcharlen; text int4 textlen
        function character_length
        bpchar int4 bpcharlen; text int4 textlen
        function date
        timestamp date timestamp_date; timestamptz date timestamptz_date
        function date_part
        text,date float8 -; text,time float8 time_part; text,timestamp float8 timestamp_part;
        text,timestamptz float8 timestamptz_part; text,interval float8 interval_part; text,timetz float8 timetz_part
        function date_trunc
        text,timestamp timestamp timestamp_trunc; text,timestamptz timestamptz timestamptz_trunc;
        text,timestamptz,text timestamptz timestamptz_trunc_zone; text,interval interval interval_trunc
        function extract
        text,date numeric extract_date; text,time numeric extract_time; text,timestamp numeric extract_timestamp;
        text,timestamptz numeric extract_timestamptz; text,interval numeric extract_interval;
        text,timetz numeric extract_timetz
        function floor
        numeric numeric numeric_floor; float8 float8 dfloor
        function isfinite
        date bool date_finite; timestamp bool timestamp_finite; timestamptz bool timestamp_finite;
        interval bool interval_finite
        function left
        text,int4 text text_left
        function length
        bpchar int4 bpcharlen; bit int4 bitlength; bytea int4 byteaoctetlen; bytea,name int4 length_in_encoding;
        text int4 textlen; tsvector int4 tsvector_length; lseg float8 lseg_length; path float8 path_length
        function like
        bytea,bytea bool bytealike; name,text bool namelike; text,text bool textlike
        function like_escape
        bytea,bytea bytea like_escape_bytea; text,text text like_escape
        function lower
        text text lower; anyrange anyelement range_lower; anymultirange anyelement multirange_lower
        function ltrim
        bytea,bytea bytea bytealtrim; text text ltrim1; text,text text ltrim
        function mod
        numeric,numeric numeric numeric_mod; int8,int8 int8 int8mod; int2,int2 int2 int2mod; int4,int4 int4 int4mod
        function notlike
        bytea,bytea bool byteanlike; name,text bool namenlike; text,text bool textnlike
        function octet_length
        bpchar int4 bpcharoctetlen; bit int4 bitoctetlength; bytea int4 byteaoctetlen; text int4 textoctetlen
        function position
        bit,bit int4 bitposition; bytea,bytea int4 byteapos; text,text int4 textpos
        function replace
        text,text,text text replace_text
        function reverse
        text text text_reverse
        function right
        text,int4 text text_right
        function round
        numeric numeric -; numeric,int4 numeric numeric_round; float8 float8 dround
        function rtrim
        bytea,bytea bytea byteartrim; text text rtrim1; text,text text rtrim
        function sign
        numeric numeric numeric_sign; float8 float8 dsign
        function starts_with
        text,text bool text_starts_with
        function strpos
        text,text int4 textpos
        function substr
        bytea,int4 bytea bytea_substr_no_len; bytea,int4,int4 bytea bytea_substr; text,int4 text text_substr_no_len;
        text,int4,int4 text text_substr
        function substring
        bit,int4 bit bitsubstr_no_len; bit,int4,int4 bit bitsubstr; bytea,int4 bytea bytea_substr_no_len;
        bytea,int4,int4 bytea bytea_substr; text,int4 text text_substr_no_len; text,int4,int4 text text_substr;
        text,text text textregexsubstr; text,text,text text -
        function trunc
        numeric numeric -; numeric,int4 numeric numeric_trunc; float8 float8 dtrunc; macaddr8 macaddr8 macaddr8_trunc;
        macaddr macaddr macaddr_trunc
        function upper
        text text upper; anyrange anyelement range_upper; anymultirange anyelement multirange_upper
        """
}
