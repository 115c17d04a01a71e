import Testing

@Suite struct StaticRuntimeTests {
    private let shell: ScratchShell

    init() throws { shell = try ScratchShell() }

    @Test(arguments: ["sealaned", "sealane"])
    func `the programs run on hosts without Swift`(program: String) async throws {
        // ld.so(8): with this variable, a program lists its shared libraries and does not run.
        let loader = try await shell.run("env LD_TRACE_LOADED_OBJECTS=1 \(program)")
        #expect(loader.status == 0)
        #expect(loader.output.contains("libc.so.6"))
        #expect(!loader.output.contains(#/libswift|Foundation|libdispatch|libBlocksRuntime/#), "\(loader.output)")
    }
}
