import Relational

extension Machine {
    /// One scalar function over arguments that are not NULL. Unary functions get their argument as `b` and `c` too.
    @inline(__always)
    static func call(
        _ function: ScalarFunction,
        _ a: Register,
        _ b: Register,
        _ c: Register,
        _ arena: inout Arena
    ) throws(EvaluationError) -> Register {
        switch function {
        case .int2Add: Register(int: try IntegerFunctions.int2(a.int &+ b.int))
        case .int4Add: Register(int: try IntegerFunctions.int4(a.int &+ b.int))
        case .int8Add: Register(int: try IntegerFunctions.add(a.int, b.int))
        case .int2Subtract: Register(int: try IntegerFunctions.int2(a.int &- b.int))
        case .int4Subtract: Register(int: try IntegerFunctions.int4(a.int &- b.int))
        case .int8Subtract: Register(int: try IntegerFunctions.subtract(a.int, b.int))
        case .int2Multiply: Register(int: try IntegerFunctions.int2(a.int &* b.int))
        case .int4Multiply: Register(int: try IntegerFunctions.int4(a.int &* b.int))
        case .int8Multiply: Register(int: try IntegerFunctions.multiply(a.int, b.int))
        case .intEqual: Register(bool: a.int == b.int)
        case .intNotEqual: Register(bool: a.int != b.int)
        case .intLess: Register(bool: a.int < b.int)
        case .intLessOrEqual: Register(bool: a.int <= b.int)
        case .intGreater: Register(bool: a.int > b.int)
        case .intGreaterOrEqual: Register(bool: a.int >= b.int)
        case .intToNumeric: Register(bytes: SmallNumeric.store(Int128(a.int), scale: 0, &arena))
        case .numericAdd: Register(bytes: try NumericFunctions.add(a.bytes, b.bytes, &arena))
        case .numericSubtract: Register(bytes: try NumericFunctions.subtract(a.bytes, b.bytes, &arena))
        case .numericMultiply: Register(bytes: try NumericFunctions.multiply(a.bytes, b.bytes, &arena))
        case .numericEqual: Register(bool: NumericFunctions.compare(a.bytes, b.bytes) == 0)
        case .numericNotEqual: Register(bool: NumericFunctions.compare(a.bytes, b.bytes) != 0)
        case .numericLess: Register(bool: NumericFunctions.compare(a.bytes, b.bytes) < 0)
        case .numericLessOrEqual: Register(bool: NumericFunctions.compare(a.bytes, b.bytes) <= 0)
        case .numericGreater: Register(bool: NumericFunctions.compare(a.bytes, b.bytes) > 0)
        case .numericGreaterOrEqual: Register(bool: NumericFunctions.compare(a.bytes, b.bytes) >= 0)
        case .float8Add: Register(float: try FloatFunctions.add(a.float, b.float))
        case .float8Subtract: Register(float: try FloatFunctions.subtract(a.float, b.float))
        case .float8Multiply: Register(float: try FloatFunctions.multiply(a.float, b.float))
        case .floatEqual: Register(bool: FloatFunctions.compare(a.float, b.float) == 0)
        case .floatNotEqual: Register(bool: FloatFunctions.compare(a.float, b.float) != 0)
        case .floatLess: Register(bool: FloatFunctions.compare(a.float, b.float) < 0)
        case .floatLessOrEqual: Register(bool: FloatFunctions.compare(a.float, b.float) <= 0)
        case .floatGreater: Register(bool: FloatFunctions.compare(a.float, b.float) > 0)
        case .floatGreaterOrEqual: Register(bool: FloatFunctions.compare(a.float, b.float) >= 0)
        case .bytesEqual: Register(bool: BytesFunctions.equal(a.bytes, b.bytes))
        case .bytesNotEqual: Register(bool: !BytesFunctions.equal(a.bytes, b.bytes))
        case .bytesLess: Register(bool: BytesFunctions.compare(a.bytes, b.bytes) < 0)
        case .bytesLessOrEqual: Register(bool: BytesFunctions.compare(a.bytes, b.bytes) <= 0)
        case .bytesGreater: Register(bool: BytesFunctions.compare(a.bytes, b.bytes) > 0)
        case .bytesGreaterOrEqual: Register(bool: BytesFunctions.compare(a.bytes, b.bytes) >= 0)
        default: try callSeldom(function, a, b, c, &arena)
        }
    }

    /// The functions that are not worth their code in the loop.
    private static func callSeldom(
        _ function: ScalarFunction,
        _ a: Register,
        _ b: Register,
        _ c: Register,
        _ arena: inout Arena
    ) throws(EvaluationError) -> Register {
        switch function {
        // What `call` handles itself, and what is never an instruction.
        case .relabel, .collate, .greatest, .least, .nullIf, .toJSON, .toJSONB, .jsonBuildObject, .jsonBuildArray,
            .jsonbBuildObject, .jsonbBuildArray, .int2Add, .int4Add, .int8Add, .int2Subtract,
            .int4Subtract, .int8Subtract, .int2Multiply, .int4Multiply, .int8Multiply, .intEqual, .intNotEqual,
            .intLess, .intLessOrEqual, .intGreater, .intGreaterOrEqual, .numericAdd, .numericSubtract,
            .numericMultiply, .numericEqual, .numericNotEqual, .numericLess, .numericLessOrEqual, .numericGreater,
            .numericGreaterOrEqual, .float8Add, .float8Subtract, .float8Multiply, .floatEqual, .floatNotEqual,
            .floatLess, .floatLessOrEqual, .floatGreater, .floatGreaterOrEqual, .bytesEqual, .bytesNotEqual,
            .bytesLess, .bytesLessOrEqual, .bytesGreater, .bytesGreaterOrEqual, .intToNumeric:
            return a

        case .int2Divide: return Register(int: try IntegerFunctions.int2(try IntegerFunctions.divide(a.int, b.int)))
        case .int4Divide: return Register(int: try IntegerFunctions.int4(try IntegerFunctions.divide(a.int, b.int)))
        case .int8Divide: return Register(int: try IntegerFunctions.divide(a.int, b.int))
        case .intModulo: return Register(int: try IntegerFunctions.modulo(a.int, b.int))
        case .int2Negate: return Register(int: try IntegerFunctions.int2(0 &- a.int))
        case .int4Negate: return Register(int: try IntegerFunctions.int4(0 &- a.int))
        case .int8Negate: return Register(int: try IntegerFunctions.subtract(0, a.int))
        case .int2Abs: return Register(int: try IntegerFunctions.int2(a.int < 0 ? 0 &- a.int : a.int))
        case .int4Abs: return Register(int: try IntegerFunctions.int4(a.int < 0 ? 0 &- a.int : a.int))
        case .int8Abs: return Register(int: a.int < 0 ? try IntegerFunctions.subtract(0, a.int) : a.int)

        case .float4Add: return Register(float: try FloatFunctions.real(.add, a.float, b.float))
        case .float4Subtract: return Register(float: try FloatFunctions.real(.subtract, a.float, b.float))
        case .float4Multiply: return Register(float: try FloatFunctions.real(.multiply, a.float, b.float))
        case .float4Divide: return Register(float: try FloatFunctions.real(.divide, a.float, b.float))
        case .float8Divide: return Register(float: try FloatFunctions.divide(a.float, b.float))
        case .floatNegate: return Register(float: -a.float)
        case .floatAbs: return Register(float: a.float.magnitude)
        case .floatFloor: return Register(float: a.float.rounded(.down))
        case .floatCeiling: return Register(float: a.float.rounded(.up))
        case .floatRound: return Register(float: a.float.rounded(.toNearestOrEven))
        case .floatTruncate: return Register(float: a.float.rounded(.towardZero))
        case .floatSign: return Register(float: a.float > 0 ? 1 : a.float < 0 ? -1 : 0)

        case .numericDivide: return Register(bytes: try NumericFunctions.divide(a.bytes, b.bytes, &arena))
        case .numericModulo: return Register(bytes: try NumericFunctions.modulo(a.bytes, b.bytes, &arena))
        case .numericNegate: return Register(bytes: try NumericFunctions.negate(a.bytes, &arena))
        case .numericAbs: return Register(bytes: try NumericFunctions.absolute(a.bytes, &arena))
        case .numericSign: return Register(bytes: try NumericFunctions.sign(a.bytes, &arena))
        case .numericFloor: return Register(bytes: try NumericFunctions.floor(a.bytes, &arena))
        case .numericCeiling: return Register(bytes: try NumericFunctions.ceiling(a.bytes, &arena))
        case .numericRound: return Register(bytes: try NumericFunctions.round(a.bytes, 0, &arena))
        case .numericRoundTo: return Register(bytes: try NumericFunctions.round(a.bytes, b.int, &arena))
        case .numericTruncate: return Register(bytes: try NumericFunctions.truncate(a.bytes, 0, &arena))
        case .numericTruncateTo: return Register(bytes: try NumericFunctions.truncate(a.bytes, b.int, &arena))

        case .blankPaddedEqual: return Register(bool: BytesFunctions.blankPaddedEqual(a.bytes, b.bytes))
        case .blankPaddedNotEqual: return Register(bool: !BytesFunctions.blankPaddedEqual(a.bytes, b.bytes))

        case .bytesConcatenate: return Register(bytes: try BytesFunctions.concatenate(a.bytes, b.bytes, &arena))
        case .textLike: return Register(bool: try LikePattern.matches(a.bytes, b.bytes, isText: true))
        case .textNotLike: return Register(bool: !(try LikePattern.matches(a.bytes, b.bytes, isText: true)))
        case .byteaLike: return Register(bool: try LikePattern.matches(a.bytes, b.bytes, isText: false))
        case .byteaNotLike: return Register(bool: !(try LikePattern.matches(a.bytes, b.bytes, isText: false)))
        case .textLikeEscape:
            return Register(bytes: try LikePattern.escaped(a.bytes, b.bytes, isText: true, &arena))
        case .byteaLikeEscape:
            return Register(bytes: try LikePattern.escaped(a.bytes, b.bytes, isText: false, &arena))
        case .textLower: return Register(bytes: try TextFunctions.mapCase(a.bytes, isLower: true, &arena))
        case .textUpper: return Register(bytes: try TextFunctions.mapCase(a.bytes, isLower: false, &arena))
        case .asciiLower: return Register(bytes: TextFunctions.mapASCIICase(a.bytes, isLower: true, &arena))
        case .asciiUpper: return Register(bytes: TextFunctions.mapASCIICase(a.bytes, isLower: false, &arena))
        case .textLength: return Register(int: Int64(TextFunctions.characterCount(a.bytes)))
        case .blankPaddedLength:
            return Register(int: Int64(TextFunctions.characterCount(BytesFunctions.withoutPadding(a.bytes))))
        case .byteCount: return Register(int: Int64(a.byteCount))
        case .textSubstringFrom: return Register(bytes: TextFunctions.substring(a.bytes, from: b.int))
        case .textSubstringFromFor:
            return Register(bytes: try TextFunctions.substring(a.bytes, from: b.int, for: c.int))
        case .byteaSubstringFrom: return Register(bytes: BytesFunctions.substring(a.bytes, from: b.int))
        case .byteaSubstringFromFor:
            return Register(bytes: try BytesFunctions.substring(a.bytes, from: b.int, for: c.int))
        case .trimBlanks: return Register(bytes: TrimFunctions.blanks(a.bytes, .both))
        case .trimLeadingBlanks: return Register(bytes: TrimFunctions.blanks(a.bytes, .leading))
        case .trimTrailingBlanks: return Register(bytes: TrimFunctions.blanks(a.bytes, .trailing))
        case .trimCharacters: return Register(bytes: TrimFunctions.characters(a.bytes, b.bytes, .both))
        case .trimLeadingCharacters: return Register(bytes: TrimFunctions.characters(a.bytes, b.bytes, .leading))
        case .trimTrailingCharacters: return Register(bytes: TrimFunctions.characters(a.bytes, b.bytes, .trailing))
        case .trimBytes: return Register(bytes: TrimFunctions.bytes(a.bytes, b.bytes, .both))
        case .trimLeadingBytes: return Register(bytes: TrimFunctions.bytes(a.bytes, b.bytes, .leading))
        case .trimTrailingBytes: return Register(bytes: TrimFunctions.bytes(a.bytes, b.bytes, .trailing))
        case .textPosition: return Register(int: TextFunctions.position(of: b.bytes, in: a.bytes))
        case .byteaPosition: return Register(int: BytesFunctions.position(of: b.bytes, in: a.bytes))
        case .textStartsWith: return Register(bool: BytesFunctions.starts(a.bytes, with: b.bytes))
        case .textLeft: return Register(bytes: TextFunctions.left(a.bytes, b.int))
        case .textRight: return Register(bytes: TextFunctions.right(a.bytes, b.int))
        case .textReverse: return Register(bytes: TextFunctions.reversed(a.bytes, &arena))
        case .textReplace: return Register(bytes: try TextFunctions.replace(a.bytes, b.bytes, c.bytes, &arena))

        case .dateAddDays: return Register(int: try DateFunctions.add(a.int, days: b.int))
        case .daysAddDate: return Register(int: try DateFunctions.add(b.int, days: a.int))
        case .dateSubtractDays: return Register(int: try DateFunctions.add(a.int, days: 0 &- b.int))
        case .dateSubtractDate: return Register(int: try DateFunctions.difference(a.int, b.int))
        case .timestampTruncate: return Register(int: try DateTruncation.truncate(b.int, to: a))
        case .extractFromDate, .extractFromTimestamp, .extractFromTimestamptz:
            return try Extraction.numeric(of: b.int, a, function, &arena)
        case .partOfTimestamp, .partOfTimestamptz: return try Extraction.float(of: b.int, a, function)
        case .dateIsFinite: return Register(bool: TimeRange.isFinite(date: a.int))
        case .timestampIsFinite: return Register(bool: TimeRange.isFinite(timestamp: a.int))

        case .intToInt2: return Register(int: try IntegerFunctions.int2(a.int))
        case .intToInt4: return Register(int: try IntegerFunctions.int4(a.int))
        case .intToFloat4: return Register(float: Double(Float(a.int)))
        case .intToFloat8: return Register(float: Double(a.int))
        case .intToBool: return Register(bool: a.int != 0)
        case .floatToInt2: return Register(int: try FloatFunctions.int(a.float, bits: 16))
        case .floatToInt4: return Register(int: try FloatFunctions.int(a.float, bits: 32))
        case .floatToInt8: return Register(int: try FloatFunctions.int(a.float, bits: 64))
        case .floatToFloat4: return Register(float: try FloatFunctions.real(a.float))
        case .float4ToNumeric: return Register(bytes: NumericFunctions.store(Numeric(Float(a.float)), &arena))
        case .float8ToNumeric: return Register(bytes: NumericFunctions.store(Numeric(a.float), &arena))
        case .numericToInt2: return Register(int: try IntegerFunctions.int2(try NumericConversion.int(a.bytes)))
        case .numericToInt4: return Register(int: try IntegerFunctions.int4(try NumericConversion.int(a.bytes)))
        case .numericToInt8: return Register(int: try NumericConversion.int(a.bytes))
        case .numericToFloat4: return Register(float: try NumericConversion.float(a.bytes, isReal: true))
        case .numericToFloat8: return Register(float: try NumericConversion.float(a.bytes, isReal: false))
        case .dateToTimestamp: return Register(int: try DateFunctions.timestamp(a.int))
        case .timestampToDate: return Register(int: DateFunctions.date(a.int))
        case .dateToTimestampForComparison: return Register(int: DateFunctions.comparableTimestamp(a.int))

        case .textToBool: return Register(bool: try TextInput.bool(a.bytes))
        case .textToInt2: return Register(int: try TextInput.int(a.bytes, in: -0x8000...0x7FFF))
        case .textToInt4: return Register(int: try TextInput.int(a.bytes, in: -0x8000_0000...0x7FFF_FFFF))
        case .textToInt8: return Register(int: try TextInput.int(a.bytes, in: Int64.min...Int64.max))
        case .textToFloat4: return Register(float: try TextInput.float4(a.bytes))
        case .textToFloat8: return Register(float: try TextInput.float8(a.bytes))
        case .textToNumeric:
            return Register(bytes: NumericFunctions.store(try NumericInput.numeric(a.bytes), &arena))
        case .textToBytea: return Register(bytes: BytesFunctions.store(try ByteaInput.bytea(a.bytes), &arena))
        case .textToUUID: return Register(bytes: BytesFunctions.store(try ByteaInput.uuid(a.bytes), &arena))
        case .textToDate: return Register(int: try TimeInput.date(a.bytes))
        case .textToTimestamp: return Register(int: try TimeInput.timestamp(a.bytes, appliesZone: false))
        case .textToTimestamptz: return Register(int: try TimeInput.timestamp(a.bytes, appliesZone: true))
        case .boolToText: return Register(bytes: TextOutput.bool(a.bool, &arena))
        case .intToText: return Register(bytes: TextOutput.text(of: a, as: .int8, &arena))
        case .float4ToText: return Register(bytes: TextOutput.text(of: a, as: .float4, &arena))
        case .float8ToText: return Register(bytes: TextOutput.text(of: a, as: .float8, &arena))
        case .numericToText: return Register(bytes: TextOutput.text(of: a, as: .numeric, &arena))
        case .byteaToText: return Register(bytes: TextOutput.text(of: a, as: .bytea, &arena))
        case .uuidToText: return Register(bytes: TextOutput.text(of: a, as: .uuid, &arena))
        case .dateToText: return Register(bytes: TextOutput.text(of: a, as: .date, &arena))
        case .timestampToText: return Register(bytes: TextOutput.text(of: a, as: .timestamp, &arena))
        case .timestamptzToText: return Register(bytes: TextOutput.text(of: a, as: .timestamptz, &arena))

        case .numericApplyTypmod: return Register(bytes: try NumericFunctions.applyTypmod(a.bytes, b.int, &arena))
        case .varcharCut: return Register(bytes: TextFunctions.left(a.bytes, max(b.int - 4, 0)))
        case .varcharCheck: return Register(bytes: try TextFunctions.fitted(a.bytes, to: b.int - 4))
        case .timestampApplyTypmod: return Register(int: DateFunctions.rounded(a.int, digits: b.int))
        }
    }
}
