import Relational

/// Expressions as a flat list of instructions.
///
/// Registers are, in this order of time: constants, filled once; the columns read, filled from each row; results. Every result has a
/// register of its own, so an equal sub-expression is computed once where it is certain to be computed at all.
struct Program {
    /// A column of the input row that goes to a register.
    struct Load: BitwiseCopyable {
        var column: Int32
        var register: Int32
        var isFixed: Bool
    }

    /// Where the value of one expression comes from.
    struct Output: BitwiseCopyable {
        enum Kind: UInt8 {
            /// Copied from the input row, without a register.
            case fixedColumn, bytesColumn
            case fixedRegister, bytesRegister
        }

        var kind: Kind
        var index: Int32
    }

    var instructions: [Instruction] = []
    var loads: [Load] = []
    var outputs: [Output] = []
    /// The registers before the first row: constants, and NULL elsewhere.
    var registers: [Register] = []
}
