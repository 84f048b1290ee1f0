import { Component, type ComponentChildren } from 'preact';

/** Keeps the console standing when one page of it fails. */
export class Boundary extends Component<{ children: ComponentChildren; fallback: (error: Error) => ComponentChildren }, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    return this.state.error ? this.props.fallback(this.state.error) : this.props.children;
  }
}
