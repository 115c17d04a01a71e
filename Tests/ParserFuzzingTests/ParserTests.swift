import ParserFuzzing
import Testing

/// A short version of `make fuzz`, without libFuzzer.
@Suite("Parsers of untrusted input")
struct ParserTests {
    @Test("have distinct names that are valid folder names")
    func names() {
        let names = Parser.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.wholeMatch(of: #/[a-z0-9][a-z0-9-]*/#) != nil }, "\(names)")
    }

    @Test("accept their seeds", arguments: Parser.all)
    func seeds(parser: Parser) throws {
        let seeds = try parser.seeds()
        #expect(!seeds.isEmpty)
        for (index, seed) in seeds.enumerated() {
            #expect(parser.takes(parser.input(of: seed)), "seed \(index)")
        }
    }

    @Test("handle 99 of 100 mutations within 1 ms each and never crash", arguments: Parser.all)
    func mutations(parser: Parser) throws {
        let run = try FuzzRun(of: parser, mutating: parser.seeds(), inputCount: 2000, seed: 0xF022)
        #expect(run.isFast, "\(run)")
    }
}
