import Relational

/// A program laid out for running, in plain memory that its owner frees.
///
/// Unsafe: code, loads, outputs and registers are raw memory, so that a row costs no uniqueness, exclusivity or reference count; every
/// index in them comes from `ProgramBuilder`.
struct ProgramImage: BitwiseCopyable {
    private let code: UnsafeMutablePointer<Instruction>
    private let codeCount: Int
    private let loads: UnsafeMutablePointer<Program.Load>
    private let loadCount: Int
    private let outputs: UnsafeMutablePointer<Program.Output>
    private let outputCount: Int
    private let registers: UnsafeMutablePointer<Register>

    init(_ program: Program) {
        code = Self.copy(program.instructions)
        codeCount = program.instructions.count
        loads = Self.copy(program.loads)
        loadCount = program.loads.count
        outputs = Self.copy(program.outputs)
        outputCount = program.outputs.count
        registers = Self.copy(program.registers)
    }

    func deallocate() {
        code.deallocate()
        loads.deallocate()
        outputs.deallocate()
        registers.deallocate()
    }

    private static func copy<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
        let place = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        place.initialize(from: elements, count: elements.count)
        return place
    }

    /// Whether outputs are copies and constants alone.
    @inline(__always)
    var isEmpty: Bool { codeCount == 0 }

    @inline(__always)
    func load(_ row: RowView) {
        var index = 0
        while index < loadCount {
            load(index, row, Int(loads[index].column))
            index &+= 1
        }
    }

    @inline(__always)
    func load(_ left: RowView, _ right: RowView, leftCount: Int) {
        var index = 0
        while index < loadCount {
            let column = Int(loads[index].column)
            if column < leftCount {
                load(index, left, column)
            } else {
                load(index, right, column &- leftCount)
            }
            index &+= 1
        }
    }

    @inline(__always)
    private func load(_ index: Int, _ row: RowView, _ column: Int) {
        let target = registers + Int(loads[index].register)
        if row.isNull(column) {
            target.pointee = .null
        } else if loads[index].isFixed {
            target.pointee = Register(bits: row.slot(column), byteCount: 0, isNull: false)
        } else {
            target.pointee = Register(bytes: row.bytes(column))
        }
    }

    @inline(__always)
    func run(_ arena: inout Arena) throws(EvaluationError) {
        arena.reset()
        try Machine.run(code, count: codeCount, registers, &arena)
    }

    /// Whether output 0 is TRUE.
    @inline(__always)
    func isFirstTrue(_ left: RowView, _ right: RowView, leftCount: Int) -> Bool {
        let index = Int(outputs[0].index)
        if outputs[0].kind == .fixedRegister { return !registers[index].isNull && registers[index].bool }
        if index < leftCount { return !left.isNull(index) && left.bool(index) }
        return !right.isNull(index &- leftCount) && right.bool(index &- leftCount)
    }

    /// Appends the row of all outputs.
    @inline(__always)
    func write(_ left: RowView, _ right: RowView, leftCount: Int, weight: Int64, into output: inout ZSet) {
        let row = output.beginRow(columnCount: outputCount)
        var column = 0
        while column < outputCount {
            let source = Int(outputs[column].index)
            switch outputs[column].kind {
            case .fixedColumn, .bytesColumn:
                let isLeft = source < leftCount
                output.slab.set(
                    column,
                    copying: isLeft ? left : right,
                    column: isLeft ? source : source &- leftCount,
                    isFixed: outputs[column].kind == .fixedColumn,
                    in: row
                )
            case .fixedRegister:
                let value = registers[source]
                if !value.isNull { output.slab.setSlot(column, value.bits, in: row) }
            case .bytesRegister:
                let value = registers[source]
                if !value.isNull { output.slab.set(column, bytes: value.bytes, in: row) }
            }
            column &+= 1
        }
        output.endRow(row, weight: weight)
    }
}
