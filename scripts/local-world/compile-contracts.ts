import hre from "hardhat";

/**
 * Compiles what changed; quick when nothing did. What the compiler says goes to stderr, because stdout may be read by a
 * program. Whoever runs tests has compiled before them, and Hardhat says so by a name in the environment: processes side by
 * side would write the one cache at the same time.
 * @throws what the compiler objects to
 */
export async function compileContracts(): Promise<void> {
  if (process.env["HH_TEST"] === "true") return;
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr);
  try {
    await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
    await hre.artifacts.clearCache();
  } finally {
    stdout.write = write;
  }
}
