import Relational

/// Compiles expressions into a `Program`.
///
/// 1. A column that is an expression by itself is copied, without an instruction; any other column gets one load.
/// 2. A call whose arguments are constants is computed now, unless it raises an error: then each row raises it, as in Postgres.
/// 3. AND, OR, CASE and COALESCE become jumps, so that nothing runs that the written order would not reach.
struct ProgramBuilder: ~Copyable {
    private(set) var program = Program()
    /// The bytes of constants; lives as long as the program.
    private(set) var constants = Arena(capacity: 256)
    private var isConstant: [Bool] = []
    private var columnRegisters: [Int: Int32] = [:]
    private var known: [Expression: Int32] = [:]
    /// How many jumps may skip the place that is being compiled.
    private var conditionDepth = 0
    private let isSharing: Bool

    init(_ expressions: [Expression], inputTypes: [ScalarType]) {
        // Looking for equal sub-expressions hashes each one: not for huge expressions.
        var size = 0
        for expression in expressions { size += Self.size(of: expression, limit: 2000) }
        isSharing = size < 2000
        for expression in expressions {
            let isFixed = Self.encoding(of: expression.type).isFixed
            if let column = Self.copiedColumn(expression) {
                precondition(column < inputTypes.count, "an expression reads a column that its input does not have")
                program.outputs.append(
                    .init(kind: isFixed ? .fixedColumn : .bytesColumn, index: Int32(column))
                )
            } else {
                let register = compile(expression, into: nil)
                program.outputs.append(.init(kind: isFixed ? .fixedRegister : .bytesRegister, index: register))
            }
        }
    }

    /// The column whose value the expression is, unchanged.
    static func copiedColumn(_ expression: Expression) -> Int? {
        switch expression {
        case .column(let index, _): index
        case .call(.relabel, let arguments, _), .call(.collate, let arguments, _): copiedColumn(arguments[0])
        default: nil
        }
    }

    static func encoding(of type: ScalarType) -> Encoding {
        type.oid == .unknown ? .text : type.encoding
    }

    private static func size(of expression: Expression, limit: Int) -> Int {
        var count = 1
        func add(_ operands: [Expression]) {
            for operand in operands where count < limit { count += size(of: operand, limit: limit - count) }
        }
        switch expression {
        case .column, .constant: break
        case .call(_, let operands, _), .and(let operands), .or(let operands), .coalesce(let operands, _):
            add(operands)
        case .not(let operand), .isNull(let operand): add([operand])
        case .isNotDistinct(let left, let right): add([left, right])
        case .conditional(let clauses, let otherwise, _):
            add(clauses.flatMap { [$0.condition, $0.result] } + [otherwise])
        }
        return count
    }

    // MARK: Registers

    private mutating func register(_ value: Register = .null, isConstant: Bool = false) -> Int32 {
        program.registers.append(value)
        self.isConstant.append(isConstant)
        return Int32(program.registers.count - 1)
    }

    private mutating func constant(_ datum: Datum) -> Int32 {
        switch datum {
        case .null: register(.null, isConstant: true)
        case .bool(let value): register(Register(bool: value), isConstant: true)
        case .int(let value): register(Register(int: value), isConstant: true)
        case .float(let value): register(Register(float: value), isConstant: true)
        case .numeric(let value): register(Register(bytes: NumericFunctions.store(value, &constants)), isConstant: true)
        case .text(let value): bytes(Array(value.utf8))
        case .bytes(let value): bytes(value)
        }
    }

    private mutating func bytes(_ value: [UInt8]) -> Int32 {
        let place = constants.allocate(value.count)
        value.withUnsafeBytes { source in
            if let base = source.baseAddress { place.copyMemory(from: base, byteCount: source.count) }
        }
        return register(
            Register(bytes: UnsafeRawBufferPointer(start: place, count: value.count)),
            isConstant: true
        )
    }

    // MARK: Instructions

    private mutating func emit(_ instruction: Instruction) { program.instructions.append(instruction) }

    /// Emits a jump whose destination is filled in by `land`.
    private mutating func emitJump(_ operation: Instruction.Operation, on register: Int32) -> Int {
        emit(Instruction(operation, target: register, register))
        return program.instructions.count - 1
    }

    private mutating func land(_ jumps: [Int]) {
        for jump in jumps { program.instructions[jump].destination = Int32(program.instructions.count) }
    }

    /// Compiles `expression`; its value is in the register returned, which is `wanted` if that is given.
    private mutating func compile(_ expression: Expression, into wanted: Int32?) -> Int32 {
        if isSharing, let register = known[expression] { return moved(register, wanted) }
        switch expression {
        case .column(let column, let type):
            return moved(load(column, Self.encoding(of: type)), wanted)
        case .constant(let datum, _):
            return moved(constant(datum), wanted)
        case .call(let function, let arguments, _):
            return call(function, arguments, expression, wanted)
        case .and(let operands):
            return junction(.and, operands, empty: true, leaving: .jumpIfFalse, wanted)
        case .or(let operands):
            return junction(.or, operands, empty: false, leaving: .jumpIfTrue, wanted)
        case .not(let operand):
            return simple(.not, [operand], .relabel, expression, wanted)
        case .isNull(let operand):
            return simple(.isNull, [operand], .relabel, expression, wanted)
        case .isNotDistinct(let left, let right):
            return simple(
                .isNotDistinct,
                [left, right],
                Self.equality(for: Self.encoding(of: left.type)),
                expression,
                wanted
            )
        case .conditional(let clauses, let otherwise, _):
            return conditional(clauses, otherwise, wanted)
        case .coalesce(let operands, _):
            return coalesce(operands, wanted)
        }
    }

    private mutating func moved(_ register: Int32, _ wanted: Int32?) -> Int32 {
        guard let wanted, wanted != register else { return register }
        emit(Instruction(.move, target: wanted, register))
        return wanted
    }

    private mutating func load(_ column: Int, _ encoding: Encoding) -> Int32 {
        if let register = columnRegisters[column] { return register }
        let register = register()
        columnRegisters[column] = register
        program.loads.append(.init(column: Int32(column), register: register, isFixed: encoding.isFixed))
        return register
    }

    private mutating func call(
        _ function: ScalarFunction,
        _ arguments: [Expression],
        _ expression: Expression,
        _ wanted: Int32?
    ) -> Int32 {
        switch function {
        case .relabel, .collate:
            return compile(arguments[0], into: wanted)
        case .greatest, .least:
            return extreme(arguments, isGreatest: function == .greatest, wanted)
        case .nullIf:
            return simple(
                .nullIf,
                arguments,
                Self.equality(for: Self.encoding(of: arguments[0].type)),
                expression,
                wanted
            )
        case .toJSON, .toJSONB, .jsonBuildObject, .jsonBuildArray, .jsonbBuildObject, .jsonbBuildArray:
            return build(function, arguments, expression, wanted)
        default:
            return simple(.call, arguments, function, expression, wanted)
        }
    }

    /// A document of many values: they go to registers in a row, their forms to the registers behind them.
    private mutating func build(
        _ function: ScalarFunction,
        _ arguments: [Expression],
        _ expression: Expression,
        _ wanted: Int32?
    ) -> Int32 {
        let first = Int32(program.registers.count)
        for _ in arguments { _ = register() }
        for argument in arguments {
            let form = JSONForm(argument.type) ?? .text
            _ = register(Register(bits: form.bits, byteCount: 0, isNull: false), isConstant: true)
        }
        for (index, argument) in arguments.enumerated() { _ = compile(argument, into: first + Int32(index)) }
        let target = wanted ?? register()
        emit(Instruction(.build, function, target: target, first, Int32(arguments.count)))
        if wanted == nil, isSharing, conditionDepth == 0 { known[expression] = target }
        return target
    }

    /// One instruction over operands that are all evaluated.
    private mutating func simple(
        _ operation: Instruction.Operation,
        _ operands: [Expression],
        _ function: ScalarFunction,
        _ expression: Expression,
        _ wanted: Int32?
    ) -> Int32 {
        precondition((1...3).contains(operands.count), "a scalar function takes one to three arguments")
        var registers: [Int32] = []
        for operand in operands {
            if registers.isEmpty, TimeField.isNamed(inFirstArgumentOf: function),
                case .constant(.text(let name), _) = operand, let field = TimeField(name: name)
            {
                registers.append(register(field.register, isConstant: true))
            } else {
                registers.append(compile(operand, into: nil))
            }
        }
        let target = wanted ?? register()
        let instruction = Instruction(
            operation,
            function,
            target: target,
            registers[0],
            registers.count > 1 ? registers[1] : nil,
            registers.count > 2 ? registers[2] : nil
        )
        if wanted == nil, registers.allSatisfy({ isConstant[Int($0)] }), fold(instruction) {
            isConstant[Int(target)] = true
        } else {
            emit(instruction)
        }
        if wanted == nil, isSharing, conditionDepth == 0 { known[expression] = target }
        return target
    }

    /// Runs an instruction over constants; false when it raises an error.
    private mutating func fold(_ instruction: Instruction) -> Bool {
        let count = program.registers.count
        let registers = UnsafeMutablePointer<Register>.allocate(capacity: count)
        defer { registers.deallocate() }
        registers.initialize(from: program.registers, count: count)
        do throws(EvaluationError) {
            try withUnsafePointer(to: instruction) { (code) throws(EvaluationError) in
                try Machine.run(code, count: 1, registers, &constants)
            }
        } catch {
            return false
        }
        program.registers[Int(instruction.target)] = registers[Int(instruction.target)]
        return true
    }

    private mutating func junction(
        _ operation: Instruction.Operation,
        _ operands: [Expression],
        empty: Bool,
        leaving: Instruction.Operation,
        _ wanted: Int32?
    ) -> Int32 {
        guard let first = operands.first else { return moved(constant(.bool(empty)), wanted) }
        if operands.count == 1 { return compile(first, into: wanted) }
        let target = wanted ?? register()
        _ = compile(first, into: target)
        var exits = [emitJump(leaving, on: target)]
        conditionDepth += 1
        for (index, operand) in operands.enumerated().dropFirst() {
            let value = compile(operand, into: nil)
            emit(Instruction(operation, target: target, target, value))
            if index < operands.count - 1 { exits.append(emitJump(leaving, on: target)) }
        }
        conditionDepth -= 1
        land(exits)
        return target
    }

    private mutating func conditional(
        _ clauses: [Expression.WhenClause],
        _ otherwise: Expression,
        _ wanted: Int32?
    ) -> Int32 {
        let target = wanted ?? register()
        var exits: [Int] = []
        var depth = 0
        for clause in clauses {
            let condition = compile(clause.condition, into: nil)
            let next = emitJump(.jumpUnlessTrue, on: condition)
            conditionDepth += 1
            depth += 1
            _ = compile(clause.result, into: target)
            exits.append(emitJump(.jump, on: target))
            land([next])
        }
        _ = compile(otherwise, into: target)
        conditionDepth -= depth
        land(exits)
        return target
    }

    private mutating func coalesce(_ operands: [Expression], _ wanted: Int32?) -> Int32 {
        let target = wanted ?? register()
        guard let first = operands.first else { return moved(constant(.null), target) }
        _ = compile(first, into: target)
        var exits: [Int] = []
        conditionDepth += 1
        for operand in operands.dropFirst() {
            exits.append(emitJump(.jumpUnlessNull, on: target))
            _ = compile(operand, into: target)
        }
        conditionDepth -= 1
        land(exits)
        return target
    }

    private mutating func extreme(_ operands: [Expression], isGreatest: Bool, _ wanted: Int32?) -> Int32 {
        let target = wanted ?? register()
        let encoding = Self.encoding(of: operands[0].type)
        _ = compile(operands[0], into: target)
        for operand in operands.dropFirst() {
            let value = compile(operand, into: nil)
            emit(Instruction(.pick, Self.order(for: encoding, isGreatest: isGreatest), target: target, value, target))
        }
        return target
    }

    private static func equality(for encoding: Encoding) -> ScalarFunction {
        switch encoding {
        case .bool, .int2, .int4, .int8, .date, .timestamp, .timestamptz: .intEqual
        case .float4, .float8: .floatEqual
        case .numeric: .numericEqual
        case .text, .bytea, .uuid, .jsonb, .opaque: .bytesEqual
        }
    }

    private static func order(for encoding: Encoding, isGreatest: Bool) -> ScalarFunction {
        switch encoding {
        case .bool, .int2, .int4, .int8, .date, .timestamp, .timestamptz: isGreatest ? .intGreater : .intLess
        case .float4, .float8: isGreatest ? .floatGreater : .floatLess
        case .numeric: isGreatest ? .numericGreater : .numericLess
        case .text, .bytea, .uuid, .jsonb, .opaque: isGreatest ? .bytesGreater : .bytesLess
        }
    }
}
