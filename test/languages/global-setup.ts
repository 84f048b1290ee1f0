/** The packages are built once a run, before the files of the suite install them in folders of their own. */
export default async function buildPackagesOnce(): Promise<void> {
  const { buildPackages } = (await import('../../scripts/lib/packages.mjs' as string)) as { buildPackages(): Promise<boolean> };
  await buildPackages();
}
