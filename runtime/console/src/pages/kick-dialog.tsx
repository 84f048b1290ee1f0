import { ask, segment } from '../api/client';
import { useAction } from '../api/use-action';
import { useApp, useTexts } from '../app/context';
import { Confirm } from '../components/dialog';

export function KickDialog({ clientId, onClose, onDone }: { clientId: string; onClose: () => void; onDone: () => void }) {
  const t = useTexts();
  const { tell } = useApp();
  const kick = useAction(() => ask<{ closed: boolean }>('DELETE', `/clients/${segment(clientId)}/connection`));
  const confirm = async (): Promise<void> => {
    const answer = await kick.run();
    if (!answer) return;
    tell(answer.closed ? t.clients.kicked(clientId) : t.clients.kickPending(clientId));
    onDone();
  };
  return <Confirm heading={t.clients.kickHeading(clientId)} action={kick} submit={t.clients.kick} onConfirm={() => void confirm()} onClose={onClose}><p>{t.clients.kickText}</p></Confirm>;
}
