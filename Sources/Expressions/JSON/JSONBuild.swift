import Relational

/// `json_build_object` and its kin: one document out of the values in consecutive registers.
enum JSONBuild {
    /// The document, or NULL for `to_json` of NULL; `values` are `count` registers, each value's form `count` registers behind it.
    static func run(
        _ function: ScalarFunction,
        _ values: UnsafePointer<Register>,
        count: Int,
        _ arena: inout Arena
    ) throws(EvaluationError) -> Register {
        if function == .toJSON || function == .toJSONB, values[0].isNull { return .null }
        let bytes = try arena.written { (writer, output) throws(EvaluationError) in
            switch function {
            case .toJSON, .toJSONB:
                let form = JSONForm(bits: values[count].bits)
                try writer.append(values[0], form, asJSONB: function == .toJSONB, into: &output)
            case .jsonBuildObject: try object(values, count, &writer, into: &output)
            case .jsonbBuildObject: try canonicalObject(values, count, &writer, into: &output)
            default: try array(values, count, asJSONB: function == .jsonbBuildArray, &writer, into: &output)
            }
        }
        return Register(bytes: bytes)
    }

    private static func object(
        _ values: UnsafePointer<Register>,
        _ count: Int,
        _ writer: inout JSONWriter,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        output.append(byte: UInt8(ascii: "{"))
        var index = 0
        while index + 1 < count {
            if index > 0 { output.append(ascii: ", ") }
            try writer.appendKey(values[index], JSONForm(bits: values[count + index].bits), into: &output)
            output.append(ascii: " : ")
            let form = JSONForm(bits: values[count + index + 1].bits)
            try writer.append(values[index + 1], form, asJSONB: false, into: &output)
            index += 2
        }
        output.append(byte: UInt8(ascii: "}"))
    }

    private static func canonicalObject(
        _ values: UnsafePointer<Register>,
        _ count: Int,
        _ writer: inout JSONWriter,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        let start = output.count
        writer.members.removeAll()
        output.append(byte: UInt8(ascii: "{"))
        var index = 0
        while index + 1 < count {
            if index > 0 { output.append(ascii: ", ") }
            let key = output.count
            try writer.appendKey(values[index], JSONForm(bits: values[count + index].bits), into: &output)
            writer.members.append(keyFrom: key, to: output.count - 1)
            output.append(ascii: ": ")
            let form = JSONForm(bits: values[count + index + 1].bits)
            try writer.append(values[index + 1], form, asJSONB: true, into: &output)
            writer.members.endValue(at: output.count)
            index += 2
        }
        writer.members.endObject(from: 0, start: start, in: &output)
    }

    private static func array(
        _ values: UnsafePointer<Register>,
        _ count: Int,
        asJSONB: Bool,
        _ writer: inout JSONWriter,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        output.append(byte: UInt8(ascii: "["))
        for index in 0..<count {
            if index > 0 { output.append(ascii: ", ") }
            let form = JSONForm(bits: values[count + index].bits)
            try writer.append(values[index], form, asJSONB: asJSONB, into: &output)
        }
        output.append(byte: UInt8(ascii: "]"))
    }
}
