import Foundation
import NetworkLab
import TestSupport
import Testing

@Suite("The programs")
struct StaticRuntimeTests {
    @Test("run on hosts without Swift", arguments: ["sealaned", "sealane"])
    func libraries(program: String) async throws {
        // ld.so(8): lists the shared libraries of a program and does not run it.
        let loader = try Program(
            ["env", "LD_TRACE_LOADED_OBJECTS=1", Host.programs.appending(path: program).path],
            in: try ScratchDirectory())
        #expect(await loader.status() == 0)
        #expect(loader.output.contains("libc.so.6"))
        #expect(!loader.output.contains(#/libswift|Foundation|libdispatch|libBlocksRuntime/#), "\(loader.output)")
    }
}
