import { describeSingles } from './describe-vendor.ts';

describeSingles('two-slot', 'in other settings');
