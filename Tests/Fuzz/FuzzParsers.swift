import ArgumentParser
import Foundation
import TestSupport

#if LibFuzzer

    // libFuzzer has the main function, and its own arguments: the parser is named by the environment.
    nonisolated(unsafe) private var run = FuzzRun(
        of: ProcessInfo.processInfo.environment["SEALANE_FUZZ_PARSER"].flatMap { Parser(rawValue: $0) } ?? .signature)

    @_cdecl("LLVMFuzzerInitialize")
    public func initialize(
        _ argumentCount: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer
    ) -> CInt {
        atexit {
            run.report()
            fflush(nil)
        }
        return 0
    }

    @_cdecl("LLVMFuzzerTestOneInput")
    public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        run.give(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    }

#else

    /// The same without libFuzzer: it does not learn from what the parser does, and does not slow it down.
    @main
    struct FuzzParsers: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fuzz-parsers",
            abstract: "Gives a parser mutations of the files in a folder, and takes the time.",
            discussion: "Exits with 1 if more than one in a hundred takes longer than 1 ms.")

        @Argument(help: "One of \(Parser.allCases.map(\.rawValue).joined(separator: ", ")).")
        var parser: Parser

        @Argument(help: "A folder with inputs to begin with.")
        var folder: String

        @Option(help: "How many inputs.")
        var inputs = 100_000

        @Option(help: "What the mutations follow from.")
        var seed: UInt64 = 1

        func run() throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            let files = try names.map { Array(try Data(contentsOf: URL(filePath: folder).appending(path: $0))) }
            var random = SeededRandom(seed: seed)
            var run = FuzzRun(of: parser)
            for _ in 0..<inputs {
                guard let file = files.randomElement(using: &random) else {
                    throw ValidationError("there is no file in \(folder)")
                }
                run.give(file.mutated(using: &random))
            }
            run.report()
            if !run.isFast {
                print("\(parser.rawValue) is too slow; expected 99 % within 1000 µs")
                throw ExitCode.failure
            }
        }
    }

    extension Parser: ExpressibleByArgument {}

#endif
