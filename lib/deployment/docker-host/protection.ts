/**
 * Deletion protection (B5). `prevent_destroy` guards a resource only while its block stands, so the protected storage
 * instances are the instances (`for_each`) of one block of the stack, which stays when a storage is no longer declared.
 * Lifting the protection moves an instance to a second block, and a move destroys nothing.
 */
import { Lazy, TerraformElement, TerraformStack } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { TerraformData } from './terraform-data';

const PROTECTED = 'storage_with_deletion_protection';
const UNPROTECTED = 'storage_without_deletion_protection';

class Moves extends TerraformElement {
  constructor(scope: Construct, private readonly moves: () => { from: string; to: string }[]) {
    super(scope, 'DeletionProtectionMoves');
  }

  public toTerraform(): unknown {
    const moved = this.moves();
    return moved.length === 0 ? {} : { moved };
  }
}

class Protection {
  /** By what the data of a storage stand on: a storage of another edition or region is an empty one. */
  private readonly storages = new Map<string, boolean>();

  constructor(stack: TerraformStack) {
    this.block(stack, PROTECTED, true);
    this.block(stack, UNPROTECTED, false);
    new Moves(stack, () => [...this.storages].map(([storage, protect]) => {
      const [from, to] = protect ? [UNPROTECTED, PROTECTED] : [PROTECTED, UNPROTECTED];
      return { from: `terraform_data.${from}["${storage}"]`, to: `terraform_data.${to}["${storage}"]` };
    }));
  }

  public declare(storage: string, protect: boolean): void {
    this.storages.set(storage, protect);
  }

  private block(stack: TerraformStack, name: string, protect: boolean): void {
    const keys = () => [...this.storages].filter(([, value]) => value === protect).map(([storage]) => storage).sort();
    const block = new TerraformData(stack, name, { input: '${each.key}', lifecycle: protect ? { preventDestroy: true } : undefined });
    block.overrideLogicalId(name);
    block.addOverride('for_each', Lazy.stringValue({ produce: () => `\${toset(${JSON.stringify(keys())})}` }));
  }
}

const protections = new WeakMap<TerraformStack, Protection>();

/** Made with the first Region of a stack, so that the block stands even when the last storage is gone. */
export function protectionOf(scope: IConstruct): Protection {
  const stack = TerraformStack.of(scope);
  let protection = protections.get(stack);
  if (!protection) protections.set(stack, (protection = new Protection(stack)));
  return protection;
}
