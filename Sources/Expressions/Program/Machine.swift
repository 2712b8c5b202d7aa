/// The loop that runs a program. State is the registers; results in bytes go to the arena.
enum Machine {
    static func run(
        _ code: UnsafePointer<Instruction>,
        count: Int,
        _ registers: UnsafeMutablePointer<Register>,
        _ arena: inout Arena
    ) throws(EvaluationError) {
        var next = 0
        while next < count {
            let step = code + next
            next &+= 1
            let target = registers + Int(step.pointee.target)
            let a = registers + Int(step.pointee.a)
            switch step.pointee.operation {
            case .call:
                let b = registers + Int(step.pointee.b)
                let c = registers + Int(step.pointee.c)
                if a.pointee.isNull || b.pointee.isNull || c.pointee.isNull {
                    target.pointee = .null
                } else {
                    target.pointee = try call(step.pointee.function, a.pointee, b.pointee, c.pointee, &arena)
                }
            case .move: target.pointee = a.pointee
            case .and: target.pointee = conjunction(a.pointee, registers[Int(step.pointee.b)])
            case .or: target.pointee = disjunction(a.pointee, registers[Int(step.pointee.b)])
            case .not: target.pointee = a.pointee.isNull ? .null : Register(bool: !a.pointee.bool)
            case .isNull: target.pointee = Register(bool: a.pointee.isNull)
            case .isNotDistinct:
                let (left, right) = (a.pointee, registers[Int(step.pointee.b)])
                if left.isNull || right.isNull {
                    target.pointee = Register(bool: left.isNull && right.isNull)
                } else {
                    target.pointee = try compare(step.pointee.function, left, right, &arena)
                }
            case .pick:
                let (offered, held) = (a.pointee, target.pointee)
                if offered.isNull { break }
                if held.isNull {
                    target.pointee = offered
                } else if try compare(step.pointee.function, offered, held, &arena).bool {
                    target.pointee = offered
                }
            case .nullIf:
                let (left, right) = (a.pointee, registers[Int(step.pointee.b)])
                if !left.isNull, !right.isNull, try compare(step.pointee.function, left, right, &arena).bool {
                    target.pointee = .null
                } else {
                    target.pointee = left
                }
            case .build:
                target.pointee = try JSONBuild.run(
                    step.pointee.function,
                    UnsafePointer(a),
                    count: Int(step.pointee.b),
                    &arena
                )
            case .jump: next = Int(step.pointee.destination)
            case .jumpIfFalse:
                if !a.pointee.isNull && !a.pointee.bool { next = Int(step.pointee.destination) }
            case .jumpIfTrue:
                if !a.pointee.isNull && a.pointee.bool { next = Int(step.pointee.destination) }
            case .jumpUnlessTrue:
                if a.pointee.isNull || !a.pointee.bool { next = Int(step.pointee.destination) }
            case .jumpUnlessNull:
                if !a.pointee.isNull { next = Int(step.pointee.destination) }
            }
        }
    }

    /// `call`, outside the loop's code.
    @inline(never)
    private static func compare(
        _ function: ScalarFunction,
        _ left: Register,
        _ right: Register,
        _ arena: inout Arena
    ) throws(EvaluationError) -> Register {
        try call(function, left, right, right, &arena)
    }

    @inline(__always)
    private static func conjunction(_ left: Register, _ right: Register) -> Register {
        if !left.isNull && !left.bool { return left }
        if !right.isNull && !right.bool { return right }
        return left.isNull ? left : right
    }

    @inline(__always)
    private static func disjunction(_ left: Register, _ right: Register) -> Register {
        if !left.isNull && left.bool { return left }
        if !right.isNull && right.bool { return right }
        return left.isNull ? left : right
    }
}
