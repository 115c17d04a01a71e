/// BLAKE2b word by word as RFC 7693 section 3 writes it: slow, obvious, and not the code under test.
enum PlainBlake2b {
    private static let initialState: [UInt64] = [
        0x6A09_E667_F3BC_C908, 0xBB67_AE85_84CA_A73B, 0x3C6E_F372_FE94_F82B, 0xA54F_F53A_5F1D_36F1,
        0x510E_527F_ADE6_82D1, 0x9B05_688C_2B3E_6C1F, 0x1F83_D9AB_FB41_BD6B, 0x5BE0_CD19_137E_2179,
    ]

    private static let schedule: [[Int]] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ]

    private static let columnsAndDiagonals = [
        [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
        [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
    ]

    /// - Parameters:
    ///   - key: at most 64 bytes; empty: none.
    ///   - byteCount: 1 to 64.
    static func hash(_ message: [UInt8], key: [UInt8] = [], byteCount: Int = 64) -> [UInt8] {
        var state = initialState
        state[0] ^= 0x0101_0000 ^ UInt64(key.count) << 8 ^ UInt64(byteCount)
        var input = key.isEmpty ? [] : key + Array(repeating: 0, count: 128 - key.count)
        input += message
        var offset = 0
        repeat {
            let block = Array(input[offset..<min(offset + 128, input.count)])
            offset += block.count
            compress(&state, block, total: UInt64(offset), isLast: offset == input.count)
        } while offset < input.count
        return Array(
            state.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }[..<byteCount])
    }

    private static func compress(_ state: inout [UInt64], _ block: [UInt8], total: UInt64, isLast: Bool) {
        let padded = block + Array(repeating: 0, count: 128 - block.count)
        let words = (0..<16).map { word in (0..<8).reduce(UInt64(0)) { $0 | UInt64(padded[word * 8 + $1]) << (8 * $1) }
        }
        var work = state + initialState
        work[12] ^= total
        if isLast { work[14] = ~work[14] }
        for round in 0..<12 {
            let order = schedule[round % 10]
            for (step, at) in columnsAndDiagonals.enumerated() {
                mix(&work, at, words[order[2 * step]], words[order[2 * step + 1]])
            }
        }
        for at in 0..<8 { state[at] ^= work[at] ^ work[at + 8] }
    }

    private static func mix(_ work: inout [UInt64], _ at: [Int], _ first: UInt64, _ second: UInt64) {
        func turn(_ left: Int, _ right: Int, _ count: UInt64) {
            let mixed = work[at[left]] ^ work[at[right]]
            work[at[left]] = mixed >> count | mixed << (64 - count)
        }
        work[at[0]] &+= work[at[1]] &+ first
        turn(3, 0, 32)
        work[at[2]] &+= work[at[3]]
        turn(1, 2, 24)
        work[at[0]] &+= work[at[1]] &+ second
        turn(3, 0, 16)
        work[at[2]] &+= work[at[3]]
        turn(1, 2, 63)
    }
}
